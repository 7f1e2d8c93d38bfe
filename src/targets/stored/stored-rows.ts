import { SlipwayError } from '../../core/errors.js'
import type { Column } from '../../core/frame.js'
import { stringText } from '../../core/json-writer.js'
import type { StoredRow } from '../../core/stored-sets.js'
import type { OutputBatch, OutputColumn, RefusedRow, RepeatedTexts } from '../../core/table.js'
import { codesText, valueWriter } from '../../serving/stored-value.js'

/** Where the parts of a stored row are among the columns of a batch. */
export interface StoredLayout {
  readonly key: number
  readonly outputs: readonly { readonly name: string; readonly at: number }[]
  readonly source: number | null
  readonly codes: number | null
}

/** CONFIG_INVALID when there is no key. `outputs` are the columns of predictions; all but the key and those that begin with `_` when left out. */
export function storedLayout(columns: readonly OutputColumn[], outputs?: readonly string[]): StoredLayout {
  const key = columns.findIndex((column) => column.key === true)
  if (key < 0) throw new SlipwayError('CONFIG_INVALID', 'stored predictions are found by key: give the column that holds it by --key')
  const wanted = outputs ?? columns.flatMap(({ name }, at) => (at === key || name.startsWith('_') ? [] : [name]))
  const find = (name: string): number => columns.findIndex((column, at) => column.name === name && (at !== key || outputs === undefined))
  const placed = wanted.map((name) => ({ name, at: find(name) }))
  const lost = placed.find(({ at }) => at < 0)
  if (lost !== undefined) throw new SlipwayError('CONFIG_INVALID', `the output \`${lost.name}\` is not among the columns`)
  const optional = (name: string): number | null => (find(name) < 0 ? null : find(name))
  return { key, outputs: placed, source: optional('_source'), codes: optional('_codes') }
}

/** The rows of a batch as a set keeps them; rows without a key are refused with KEY_MISSING. */
export function storedRows(batch: OutputBatch, layout: StoredLayout, refused: RefusedRow[]): readonly StoredRow[] {
  const { length, columns, rowNumbers } = batch
  const outputs = layout.outputs.map(({ at }) => wholeColumn(columns[at]!))
  const write = valueWriter(
    layout.outputs.map(({ name }) => name),
    outputs,
  )
  const keyOf = textsOf(columns[layout.key]!)
  const sourceOf = layout.source === null ? () => '"model"' : mapped(columns[layout.source]!, (text) => stringText(text ?? 'model'))
  const codesOf = layout.codes === null ? () => '' : mapped(columns[layout.codes]!, codesText)
  const rows: StoredRow[] = []
  for (let i = 0; i < length; i++) {
    const row = rowNumbers[i]!
    const key = keyOf(i)
    if (key === null) refused.push({ row, code: 'KEY_MISSING', message: 'the row has no key' })
    else rows.push({ key, value: write(i, sourceOf(i), codesOf(i)), row })
  }
  return rows
}

type AnyColumn = Column | RepeatedTexts

/** The texts of a column put through `map`, each once where they repeat. */
function mapped(column: AnyColumn, map: (text: string | null) => string): (row: number) => string {
  if ('indices' in column) {
    const texts = column.values.map(map)
    return (row) => texts[column.indices[row]!]!
  }
  const read = textsOf(column)
  const known = new Map<string | null, string>()
  return (row) => {
    const text = read(row)
    const found = known.get(text)
    if (found !== undefined) return found
    const made = map(text)
    if (known.size < 10_000) known.set(text, made)
    return made
  }
}

/** Values as texts: whole numbers as their digits. Null where absent, and for what is neither. */
function textsOf(column: AnyColumn): (row: number) => string | null {
  if ('indices' in column) return (row) => column.values[column.indices[row]!] ?? null
  const { data, validity } = column
  return (row) => {
    if (validity !== null && validity[row] === 0) return null
    const value: unknown = data[row]
    if (typeof value === 'string') return value
    if (typeof value === 'bigint') return String(value)
    return typeof value === 'number' && value - value === 0 ? String(value) : null
  }
}

/** Texts that repeat, one by one. */
function wholeColumn(column: AnyColumn): Column {
  if (!('indices' in column)) return column
  const { values, indices } = column
  const data = Array.from(indices, (index) => values[index] ?? '')
  const validity = values.includes(null) ? Uint8Array.from(indices, (index) => (values[index] === null ? 0 : 1)) : null
  return { dtype: 'string', shape: [], data, validity }
}
