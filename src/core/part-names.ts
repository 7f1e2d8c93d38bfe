import { SlipwayError } from './errors.js'
import type { Partition, PartitionRecord, RowCounts } from './table.js'

/** Folders of the staging folder of a run. */
export const partFolders = { parts: 'parts', records: 'records' } as const

/** Name of what tells of a folder of parts. */
export const manifestName = '_manifest.json'

/** Name of a part: its index, so that names sort as the partitions do. */
export function partName(index: number, extension: string): string {
  return `${stem(index)}.${extension}`
}

/** Name of the record of a part. */
export function recordName(index: number): string {
  return `${stem(index)}.json`
}

/** Name of a part or record that is being written; `unique` tells attempts apart. */
export function temporaryPartName(index: number, extension: string, unique: string): string {
  return `${stem(index)}.${unique}.${extension}.tmp`
}

/** The index that a name of a record tells; null for any other name. */
export function indexOfRecord(name: string): number | null {
  const digits = /^(\d{6,12})\.json$/.exec(name)?.[1]
  const index = Number(digits)
  return digits !== undefined && stem(index) === digits ? index : null
}

function stem(index: number): string {
  return String(index).padStart(6, '0')
}

/** A record as the file that holds it. */
export function partitionRecordText(record: PartitionRecord): string {
  return `${JSON.stringify(record)}\n`
}

const counts: readonly (keyof RowCounts)[] = ['read', 'filtered', 'written', 'bad', 'fallback']
const places: readonly (keyof Partition)[] = ['index', 'file', 'start', 'end']

/** The record that a file holds. SINK_FAILED when it is none. */
export function parsePartitionRecord(text: string): PartitionRecord {
  const value = parsed(text)
  if (!isRecord(value)) throw new SlipwayError('SINK_FAILED', 'a record of a committed part is damaged: remove the run and start anew')
  return value
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function isRecord(value: unknown): value is PartitionRecord {
  if (!isObject(value) || !isObject(value['partition']) || !isObject(value['details'])) return false
  const { partition, checksum } = value
  if (typeof checksum !== 'string' || !isCount(value['bytes'])) return false
  return counts.every((name) => isCount(value[name])) && places.every((name) => isCount(partition[name]))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** What stands in a published folder besides its parts. */
export interface PartManifest {
  readonly run: string
  readonly rows: number
  readonly parts: readonly { readonly name: string; readonly rows: number; readonly bytes: number; readonly checksum: string }[]
}

/** The manifest of a folder of parts. */
export function partManifest(run: string, records: readonly PartitionRecord[], extension: string): PartManifest {
  const parts = records.map(({ partition, written, bytes, checksum }) => ({
    name: partName(partition.index, extension),
    rows: written,
    bytes,
    checksum,
  }))
  return { run, rows: parts.reduce((sum, part) => sum + part.rows, 0), parts }
}
