import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Fields } from '../../src/core/field.js'
import type { RowIssue } from '../../src/core/issue.js'
import { frameRows } from './frame-values.js'
import type { BrokenRecord, InputFile, Partition, ReadPlan, TableReader } from '../../src/core/table.js'
import { createCsvReader } from '../../src/drivers/text-files/csv-reader.js'
import { createJsonLinesReader } from '../../src/drivers/text-files/json-lines-reader.js'
import { createTextPlanner } from '../../src/drivers/text-files/text-planner.js'

/** Text files of a test, in a folder of their own. */
export interface TextSource {
  readonly folder: string
  file(content: string | Uint8Array, format?: 'csv' | 'jsonl'): Promise<InputFile>
  remove(): Promise<void>
}

export async function textSource(): Promise<TextSource> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-text-'))
  let count = 0
  return {
    folder,
    async file(content, format = 'csv') {
      const name = `${count++}.${format}`
      const path = join(folder, name)
      await writeFile(path, content)
      return { name, path, format, bytes: (await stat(path)).size, digest: '' }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** A plan with the defaults of a test. */
export function planOf(fields: Fields, more: Partial<ReadPlan> = {}): ReadPlan {
  const policy = { unknownFields: 'reject', defaultAction: 'reject', gatherable: new Set<string>() } as const
  return { fields, policy, columnOf: {}, carry: [], types: {}, chunkRows: 64, ...more }
}

/** All that an iterable gives. */
export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

export async function partitionsOf(file: InputFile, rows: number): Promise<Partition[]> {
  return collect(createTextPlanner().partitions(file, 0, 0, rows))
}

/** All that a reader says of a file, chunks and partitions put together. */
export interface WholeReading {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  readonly carry: readonly Readonly<Record<string, unknown>>[]
  readonly records: readonly unknown[]
  /** Record numbers over the whole file. */
  readonly numbers: readonly number[]
  readonly issues: readonly RowIssue[]
  readonly broken: readonly BrokenRecord[]
}

/** Reads a file cut into partitions of about `rows` rows. */
export async function readWhole(file: InputFile, plan: ReadPlan, rows = 1_000_000): Promise<WholeReading> {
  const reader: TableReader = file.format === 'csv' ? createCsvReader(file) : createJsonLinesReader(file)
  const whole = {
    rows: [] as object[],
    carry: [] as object[],
    records: [] as unknown[],
    numbers: [] as number[],
    issues: [] as RowIssue[],
    broken: [] as BrokenRecord[],
  }
  let before = 0
  try {
    for (const partition of await partitionsOf(file, rows)) {
      let read = 0
      for await (const chunk of reader.read(partition, plan)) {
        const { frame, issues } = chunk.input
        const start = whole.rows.length
        whole.rows.push(...frameRows(frame.columns, frame.length))
        whole.carry.push(...frameRows(chunk.carry, frame.length))
        for (let row = 0; row < frame.length; row++) {
          whole.records.push(chunk.record(row))
          whole.numbers.push(before + (chunk.rowNumbers === null ? chunk.firstRow + row : chunk.rowNumbers[row]!))
        }
        whole.issues.push(...issues.map((issue) => ({ ...issue, row: issue.row + start })))
        whole.broken.push(...chunk.broken.map((record) => ({ ...record, row: record.row + before })))
        read += frame.length + chunk.broken.length
      }
      before += read
    }
  } finally {
    await reader.close()
  }
  return whole as WholeReading
}
