import { nestedText, numberText, stringText, valueText } from '../../core/json-writer.js'
import { elementCount } from '../../core/tensor.js'
import type { Column } from '../../core/frame.js'
import type { OutputBatch, OutputColumn, RepeatedTexts } from '../../core/table.js'

/** Rows as JSON lines, values written as the HTTP answers write them: NaN and infinities as literals, 64-bit integers with all their digits. */
export function jsonLines({ columns, length }: OutputBatch, schema: readonly OutputColumn[]): string {
  const keys = schema.map(({ name }, i) => `${i === 0 ? '{' : ','}${stringText(name)}:`)
  const values = columns.map((column, i) => valuesOf(column, schema[i]!))
  let text = ''
  for (let row = 0; row < length; row++) {
    for (let i = 0; i < keys.length; i++) text += keys[i]! + values[i]!(row)
    text += '}\n'
  }
  return text
}

type ValueOf = (row: number) => string

function valuesOf(column: Column | RepeatedTexts, { type }: OutputColumn): ValueOf {
  if ('indices' in column) {
    const texts = column.values.map((value) => (value === null ? 'null' : stringText(value)))
    return (row) => texts[column.indices[row]!]!
  }
  const value = presentOf(column, type === 'json')
  const { validity } = column
  return validity === null ? value : (row) => (validity[row] === 0 ? 'null' : value(row))
}

function presentOf({ dtype, shape, data }: Column, json: boolean): ValueOf {
  if (dtype === 'object') return (row) => valueText((data as unknown[])[row], 'literal')
  if (shape.length === 0 && (dtype === 'float64' || dtype === 'float32')) {
    return (row) => numberText((data as Float64Array)[row]!, 'literal')
  }
  if (json && dtype === 'string' && shape.length === 0) return (row) => embedded((data as string[])[row]!)
  const size = elementCount(shape)
  return (row) => nestedText(data, dtype, shape, { start: row * size, nonFinite: 'literal' })
}

/** A text that holds JSON, as that; as a string where it does not, or where its line ends would end the line. */
function embedded(text: string): string {
  if (/[\r\n]/.test(text)) return stringText(text)
  try {
    JSON.parse(text)
    return text
  } catch {
    // Not JSON: the text is all there is.
    return stringText(text)
  }
}
