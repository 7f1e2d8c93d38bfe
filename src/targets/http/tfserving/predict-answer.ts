import { cellText } from '../../../core/cell-text.js'
import type { Column } from '../../../core/frame.js'
import type { NonFiniteDialect } from '../../../core/json-writer.js'
import { stringText } from '../../../core/json-writer.js'
import type { Reply } from '../../../serving/data-plane.js'
import { listText } from '../rows/row-text.js'

/** In which form the request came, and how NaN is written. */
export interface AnswerStyle {
  readonly form: 'row' | 'column'
  readonly nonFinite: NonFiniteDialect
}

/** `{"predictions":[…]}` for rows, `{"outputs":…}` for columns; the name of an only output is dropped (api_rest.md, "Response format"). */
export function predictAnswer(reply: Reply, { form, nonFinite }: AnswerStyle): string {
  const outputs = Object.entries(reply.prediction.frame.columns)
  const only = outputs.length === 1 ? outputs[0]! : null
  const cell = (name: string, column: Column, row: number): string => encodedCell(name, column, { row: reply.start + row, nonFinite })
  const members = (write: (name: string, column: Column) => string): string =>
    `{${outputs.map(([name, column]) => `${stringText(name)}:${write(name, column)}`).join(',')}}`
  if (form === 'column') {
    const list = (name: string, column: Column): string => listText(reply, (row) => cell(name, column, row))
    return `{"outputs":${only === null ? members(list) : list(...only)}}`
  }
  const item = (row: number): string => (only === null ? members((name, column) => cell(name, column, row)) : cell(...only, row))
  return `{"predictions":${listText(reply, item)}}`
}

/** Outputs whose name ends in `_bytes` are base64 objects. */
function encodedCell(name: string, column: Column, { row, nonFinite }: { row: number; nonFinite: NonFiniteDialect }): string {
  if (column.dtype !== 'string' || column.shape.length > 0 || !name.endsWith('_bytes')) return cellText(column, row, nonFinite)
  return `{"b64":"${Buffer.from(column.data[row] as string).toString('base64')}"}`
}
