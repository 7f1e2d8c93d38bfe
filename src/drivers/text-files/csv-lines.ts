import { bfloat16ToNumber, float16ToNumber } from '../../core/half.js'
import { nestedText, numberText, valueText } from '../../core/json-writer.js'
import { elementCount } from '../../core/tensor.js'
import type { Column } from '../../core/frame.js'
import type { OutputBatch, OutputColumn, RepeatedTexts } from '../../core/table.js'

/** The header line of CSV. */
export function csvHeader(columns: readonly OutputColumn[]): string {
  return `${columns.map(({ name }) => quoted(name)).join(',')}\n`
}

/**
 * Rows as lines of CSV (RFC 4180): numbers in the shortest form that reads back the same, 64-bit integers with all their digits, tensors and
 * objects as JSON. An absent value is an empty cell; an empty text is `""`.
 */
export function csvLines({ columns, length }: OutputBatch): string {
  const cells = columns.map(cellsOf)
  // A line of one empty cell would be a blank line, which is no record.
  const lone = cells.length === 1
  let text = ''
  for (let row = 0; row < length; row++) {
    let line = cells[0]!(row)
    if (lone && line === '') line = '""'
    for (let i = 1; i < cells.length; i++) line += `,${cells[i]!(row)}`
    text += `${line}\n`
  }
  return text
}

type CellOf = (row: number) => string

function cellsOf(column: Column | RepeatedTexts): CellOf {
  if ('indices' in column) {
    const texts = column.values.map((value) => (value === null ? '' : quoted(value)))
    return (row) => texts[column.indices[row]!]!
  }
  const value = valuesOf(column)
  const { validity } = column
  return validity === null ? value : (row) => (validity[row] === 0 ? '' : value(row))
}

function valuesOf({ dtype, shape, data }: Column): CellOf {
  if (dtype === 'object') return (row) => objectCell((data as unknown[])[row])
  if (shape.length > 0) {
    const size = elementCount(shape)
    return (row) => quoted(nestedText(data, dtype, shape, { start: row * size, nonFinite: 'literal' }))
  }
  switch (dtype) {
    case 'string':
      return (row) => quoted((data as string[])[row]!)
    case 'bool':
      return (row) => (data[row] === 0 ? 'false' : 'true')
    case 'float32':
    case 'float64':
      return (row) => numberText((data as Float64Array)[row]!, 'literal')
    case 'float16':
      return (row) => numberText(float16ToNumber((data as Uint16Array)[row]!), 'literal')
    case 'bfloat16':
      return (row) => numberText(bfloat16ToNumber((data as Uint16Array)[row]!), 'literal')
    default:
      return (row) => String(data[row])
  }
}

function objectCell(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? quoted(value) : quoted(valueText(value, 'literal'))
}

const special = /[",\r\n]/

function quoted(text: string): string {
  return text === '' || special.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
