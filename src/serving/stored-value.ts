import { cellText } from '../core/cell-text.js'
import { SlipwayError } from '../core/errors.js'
import type { Column } from '../core/frame.js'
import { stringText } from '../core/json-writer.js'
import type { StoredValue } from '../core/stored-sets.js'

/** Writes the values of a set: the outputs of a row as `/models/{model}/predict` prints them, to the last digit. */
export type ValueWriter = (row: number, sourceText: string, codesText: string) => StoredValue

/**
 * A writer over columns of outputs. `sourceText` is the source as JSON (`"model"`); `codesText` the codes as JSON without brackets, empty for
 * none (see `codesText`).
 */
export function valueWriter(names: readonly string[], columns: readonly Column[]): ValueWriter {
  const cells = names.map((name, i) => ({ label: `${i === 0 ? '' : ','}${stringText(name)}:`, column: columns[i]! }))
  return (row, source, codes) => {
    let text = '{"output":{'
    for (const { label, column } of cells) text += label + cellText(column, row, 'null')
    return codes === '' ? `${text}},"source":${source}}` : `${text}},"source":${source},"codes":[${codes}]}`
  }
}

/** `INPUT_RANGE:amount,DEADLINE` as the inside of a JSON list; empty for null. */
export function codesText(labels: string | null): string {
  return labels === null || labels === '' ? '' : labels.split(',').map(stringText).join(',')
}

/** A stored value cut where answers are put together, without reading what is in it. */
export interface StoredParts {
  /** `"output":{…},"source":"stored","scoredBy":"model","codes":[` */
  readonly head: string
  /** What follows inside the brackets; empty for none. */
  readonly codes: string
}

const sourceKey = ',"source":'
const codesKey = ',"codes":['

/** Cuts a stored value. No text inside it can look like the keys that are searched for, since its quotes are escaped. INTEGRITY when it is none. */
export function partsOf(value: StoredValue): StoredParts {
  const at = value.lastIndexOf(`${sourceKey}"`)
  if (at < 0 || !value.startsWith('{"output":') || !value.endsWith('}')) throw damaged()
  const codesAt = value.indexOf(codesKey, at)
  const source = value.slice(at + sourceKey.length, codesAt < 0 ? -1 : codesAt)
  return {
    head: `${value.slice(1, at)},"source":"stored","scoredBy":${source},"codes":[`,
    codes: codesAt < 0 ? '' : value.slice(codesAt + codesKey.length, -2),
  }
}

function damaged(): SlipwayError {
  return new SlipwayError('INTEGRITY', 'a stored prediction cannot be read: it is not in the form that `slipway` writes')
}
