import type { Column } from '../../core/frame.js'
import { selectRows } from '../../core/frame-ops.js'
import type { OutputBatch, OutputColumn, RefusedRow, RepeatedTexts } from '../../core/table.js'

/** The rows of a batch that have a key; those without are added to `refused`. */
export function takeKeyed(batch: OutputBatch, columns: readonly OutputColumn[], refused: RefusedRow[]): OutputBatch {
  const key = columns.findIndex((column) => column.key === true)
  const column = batch.columns[key]
  if (column === undefined || !lacks(column)) return batch
  const kept: number[] = []
  for (let i = 0; i < batch.length; i++) {
    if (hasValue(column, i)) kept.push(i)
    else refused.push({ row: batch.rowNumbers[i]!, code: 'KEY_MISSING', message: `the key \`${columns[key]!.name}\` is null` })
  }
  return {
    length: kept.length,
    columns: batch.columns.map((each) => selected(each, kept)),
    rowNumbers: Uint32Array.from(kept, (i) => batch.rowNumbers[i]!),
  }
}

function lacks(column: Column | RepeatedTexts): boolean {
  return 'indices' in column ? column.values.includes(null) : column.validity !== null
}

function hasValue(column: Column | RepeatedTexts, row: number): boolean {
  return 'indices' in column ? column.values[column.indices[row]!] !== null : column.validity?.[row] !== 0
}

function selected(column: Column | RepeatedTexts, rows: readonly number[]): Column | RepeatedTexts {
  if ('indices' in column) return { values: column.values, indices: Uint32Array.from(rows, (row) => column.indices[row]!) }
  return selectRows({ length: 0, columns: { column } }, rows).columns['column']!
}
