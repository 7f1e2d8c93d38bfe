import type { Column } from '../../core/frame.js'
import { selectRows } from '../../core/frame-ops.js'
import type { OutputBatch, OutputColumn, RefusedRow, RepeatedTexts } from '../../core/table.js'
import { presenceOf } from './presence.js'

/** The rows of a batch that have a key; those without are added to `refused`. */
export function takeKeyed(batch: OutputBatch, columns: readonly OutputColumn[], refused: RefusedRow[]): OutputBatch {
  const at = columns.findIndex((column) => column.key === true)
  const key = columns[at]
  const present = key === undefined ? null : presenceOf(key, batch.columns[at]!, 0, batch.length)
  if (key === undefined || present === null) return batch
  const kept: number[] = []
  for (let i = 0; i < batch.length; i++) {
    if (present[i] === 1) kept.push(i)
    else refused.push({ row: batch.rowNumbers[i]!, code: 'KEY_MISSING', message: `the key \`${key.name}\` is null` })
  }
  return {
    length: kept.length,
    columns: batch.columns.map((each) => selected(each, kept)),
    rowNumbers: Uint32Array.from(kept, (i) => batch.rowNumbers[i]!),
  }
}

function selected(column: Column | RepeatedTexts, rows: readonly number[]): Column | RepeatedTexts {
  if ('indices' in column) return { values: column.values, indices: Uint32Array.from(rows, (row) => column.indices[row]!) }
  return selectRows({ length: 0, columns: { column } }, rows).columns['column']!
}
