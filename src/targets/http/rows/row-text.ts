import { cellText } from '../../../core/cell-text.js'
import type { Column } from '../../../core/frame.js'
import type { NonFiniteDialect } from '../../../core/json-writer.js'
import { stringText } from '../../../core/json-writer.js'
import type { Reply } from '../../../serving/data-plane.js'

/** The outputs of one row of a reply as an object. */
export function recordText({ prediction, start }: Reply, row: number, nonFinite: NonFiniteDialect): string {
  const { columns } = prediction.frame
  let text = ''
  for (const name in columns) text += `${text === '' ? '{' : ','}${stringText(name)}:${cellText(columns[name]!, start + row, nonFinite)}`
  return text === '' ? '{}' : `${text}}`
}

/** The outputs of every row as a list of objects. */
export function recordsText(reply: Reply, nonFinite: NonFiniteDialect): string {
  return listText(reply, (row) => recordText(reply, row, nonFinite))
}

/** What TF Serving and MLflow call predictions: a list of values where the model has one output, else of objects. */
export function predictionsText(reply: Reply, nonFinite: NonFiniteDialect): string {
  const only = onlyColumn(reply)
  if (only === null) return recordsText(reply, nonFinite)
  return listText(reply, (row) => cellText(only, reply.start + row, nonFinite))
}

/** Something for each row of a reply, as a list. */
export function listText(reply: Reply, textOf: (row: number) => string): string {
  let text = '['
  for (let row = 0; row < reply.count; row++) text += row === 0 ? textOf(row) : `,${textOf(row)}`
  return `${text}]`
}

function onlyColumn({ prediction }: Reply): Column | null {
  const columns = Object.values(prediction.frame.columns)
  return columns.length === 1 ? columns[0]! : null
}
