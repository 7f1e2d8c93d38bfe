import { parse } from 'csv-parse/sync'
import { cellValue, elementOf, numberOf } from '../../../core/csv-cell.js'
import { SlipwayError } from '../../../core/errors.js'
import type { PlainRow, RowShape } from './read-instance.js'
import { emptyRow, fieldOf } from './read-instance.js'
import { utf8Text } from '../utf8-text.js'

/**
 * Reads rows of CSV (RFC 4180). MLflow sends a header line, SageMaker none: a first line of numbers alone is data, unless it counts 0, 1, 2 …
 * as pandas names its columns. An empty cell is a missing value. Blanks around a cell belong to texts and categories only. INVALID_REQUEST for
 * a first line that could be either, so that no row is lost as a header.
 */
export function readCsv(body: Buffer, shape: RowShape, elements: number): PlainRow[] {
  const lines = parseLines(body)
  const first = lines[0]
  if (first === undefined) throw new SlipwayError('INVALID_REQUEST', 'the CSV has no lines')
  if (lines.length * first.length > elements) throw new SlipwayError('TOO_MANY_ELEMENTS', `the CSV has more than ${elements} cells`)
  const header = first.map((cell) => nameOf(cell, shape))
  const headed = isHeader(header, shape)
  const columns = headed && namesFields(header, shape) ? header : shape.names
  return (headed ? lines.slice(1) : lines).map((line) => rowOf(line, columns, shape))
}

/** A cell as the name of a column, without blanks around it unless a field has them. */
function nameOf(cell: string, { names }: RowShape): string {
  return names.includes(cell) ? cell : cell.trim()
}

/** Whether the first line names the columns. Numbers beside texts that name no field are a row, and texts alone names. */
function isHeader(first: readonly string[], { only, names }: RowShape): boolean {
  if (first.every((cell, i) => cell === String(i))) return true
  const texts = first.filter((cell) => cell !== '' && typeof numberOf(cell) === 'string')
  if (texts.length === 0) return false
  if (first.every((cell) => typeof numberOf(cell) === 'string')) return true
  const stranger = only?.field.kind === 'tensor' ? texts[0] : texts.find((cell) => !names.includes(cell))
  if (stranger === undefined) return true
  const shown = JSON.stringify(stranger.slice(0, 64))
  throw new SlipwayError(
    'INVALID_REQUEST',
    `the first line of the CSV is neither a header nor numbers alone: it has ${shown} beside numbers`,
  )
}

function parseLines(body: Buffer): string[][] {
  try {
    return parse(utf8Text(body), { bom: true, skip_empty_lines: true, relax_column_count: false, max_record_size: 1_048_576 })
  } catch (error) {
    if (error instanceof SlipwayError) throw error
    const message = (error as Error).message.slice(0, 200)
    throw new SlipwayError('INVALID_REQUEST', `the CSV can not be read: ${message}`, { cause: error })
  }
}

/** A header names the model's fields, except that the columns of a data frame may be the elements of the only tensor. */
function namesFields(header: readonly string[], { only, names }: RowShape): boolean {
  if (only?.field.kind !== 'tensor') return true
  return header.some((name) => names.includes(name))
}

function rowOf(line: readonly string[], columns: readonly string[], { fields, only }: RowShape): PlainRow {
  const row = emptyRow()
  if (only?.field.kind === 'tensor') {
    row[only.name] = line.map((cell) => elementOf(cell, only.field))
    return row
  }
  if (line.length !== columns.length)
    throw new SlipwayError('INPUT_SHAPE', `a line has ${line.length} cells, there are ${columns.length} columns`)
  for (const [i, cell] of line.entries()) row[columns[i]!] = cellValue(cell, fieldOf(fields, columns[i]!))
  return row
}
