import type { Fields } from '../core/field.js'
import type { Column, Columns } from '../core/frame.js'
import { columnsOf, selectRows } from '../core/frame-ops.js'
import type { OutputBatch, Partition, PartitionRecord, ReadPlan, RefusedRow, SourceChunk, TableReader, TableSink } from '../core/table.js'
import { createOutputProfiler } from '../monitoring/output-profiler.js'

export interface PartitionLoad {
  readonly reader: TableReader
  readonly plan: ReadPlan
  readonly sink: TableSink
  readonly output: Fields
  readonly key: string
  readonly signal: AbortSignal
}

/** Reads one partition into the sink. `onRefused` hears of rows that cannot be stored before they are left out; what it throws ends the load. */
export async function loadPartition(
  partition: Partition,
  load: PartitionLoad,
  onRefused: (rows: readonly RefusedRow[]) => void,
): Promise<PartitionRecord> {
  const { reader, plan, sink, output, key, signal } = load
  const profiler = createOutputProfiler(output)
  const writer = await sink.open(partition)
  let [read, bad] = [0, 0]
  const fallbackRows = new Set<number>()
  try {
    for await (const chunk of reader.read(partition, plan, { signal })) {
      const { rows, refused } = sift(chunk)
      onRefused(refused)
      read += chunk.input.frame.length + chunk.broken.length
      bad += refused.length
      profiler.add(chunk.input.frame, rows)
      const batch = batchOf(chunk, rows, { key, output })
      noteFallbacks(batch, fallbackRows)
      await writer.write(batch)
    }
    return await writer.commit(async (refused, data) => {
      onRefused(refused)
      for (const { row } of refused) fallbackRows.delete(row)
      bad += refused.length
      const counts = { read, filtered: 0, written: read - bad, bad, fallback: fallbackRows.size }
      return { partition, ...counts, ...data, details: { profile: profiler.profile() } }
    })
  } catch (error) {
    await writer.abort()
    throw error
  }
}

/** Rows that can be stored, null for all; and why the others cannot. */
function sift({ input, broken, rowNumbers, firstRow }: SourceChunk): {
  readonly rows: Uint32Array | null
  readonly refused: readonly RefusedRow[]
} {
  const numberOf = (row: number): number => (rowNumbers === null ? firstRow + row : rowNumbers[row]!)
  const issues = input.issues.filter(({ action }) => action !== 'warn')
  const wrong = new Map(issues.toReversed().map((issue) => [issue.row, issue]))
  const refused: RefusedRow[] = broken.map(({ row, code, message }) => ({ row, code, message }))
  if (wrong.size === 0) return { rows: null, refused }
  for (const [row, { code, message, field }] of wrong) {
    refused.push({ row: numberOf(row), code, message: field === null || message.includes(field) ? message : `\`${field}\`: ${message}` })
  }
  const rows = Array.from({ length: input.frame.length }, (_, row) => row).filter((row) => !wrong.has(row))
  return { rows: Uint32Array.from(rows), refused }
}

function batchOf(chunk: SourceChunk, rows: Uint32Array | null, { key, output }: Pick<PartitionLoad, 'key' | 'output'>): OutputBatch {
  const { input, carry, rowNumbers, firstRow } = chunk
  const { length } = input.frame
  const names = [...Object.keys(output), key, '_source', '_codes']
  const all = columnsOf(names.map((name) => [name, input.frame.columns[name] ?? carry[name] ?? absent(length)]))
  // The key may have the name of an output.
  const keys: Columns = { key: carry[key]! }
  const pick = (columns: Columns): Columns => (rows === null ? columns : selectRows({ length, columns }, rows).columns)
  const [picked, pickedKey] = [pick(all), pick(keys)['key']!]
  const numbers = Uint32Array.from(rows ?? Array.from({ length }, (_, row) => row), (row) =>
    rowNumbers === null ? firstRow + row : rowNumbers[row]!,
  )
  const columns = [pickedKey, ...Object.keys(output).map((name) => picked[name]!), picked['_source']!, picked['_codes']!]
  return { length: numbers.length, columns, rowNumbers: numbers }
}

function absent(length: number): Column {
  return { dtype: 'string', shape: [], data: Array.from({ length }, () => ''), validity: new Uint8Array(length) }
}

function noteFallbacks({ columns, rowNumbers, length }: OutputBatch, rows: Set<number>): void {
  const sources = columns.at(-2) as Column
  for (let i = 0; i < length; i++) if (String(sources.data[i]).startsWith('fallback:')) rows.add(rowNumbers[i]!)
}
