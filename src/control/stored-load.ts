import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { SlipwayError } from '../core/errors.js'
import type { Fields } from '../core/field.js'
import type { StoredSet } from '../core/stored-sets.js'
import type { InputFile, OutputColumn, Partition, PartitionRecord, ReadPlan, RefusedRow, TableReader, TableSink } from '../core/table.js'
import { resolveModel } from './batch/resolve-model.js'
import { inputFiles } from './batch/input-files.js'
import { openReader, plannerOf } from './batch/open-reader.js'
import { loadPartition } from './stored-load-partition.js'
import { createStoredSink } from '../targets/stored/stored-sink.js'
import { type StoreArgs, withoutDetails, withStore } from './stored-operations.js'

export interface LoadStoredOptions {
  readonly model: string
  /** A file, a glob or a folder, as `slipway batch` writes them. */
  readonly from: string
  readonly key: string
  /** Epoch milliseconds; when the newest file was last changed, when left out. */
  readonly producedAt?: number
  /** The version that made the predictions: `fraud@3`; the champion when left out. */
  readonly versionRef?: string
  /** Leaves rows out that cannot be stored, instead of giving up. */
  readonly skipBad?: boolean
  readonly onProgress?: (rows: number) => void
  readonly signal?: AbortSignal
}

export interface LoadedSet {
  readonly set: Omit<StoredSet, 'details'>
  /** Rows that were left out: no key, a key that an earlier row has, a value that is none of the output. */
  readonly refused: number
  /** Some of them, with where they are. */
  readonly examples: readonly string[]
}

const partitionRows = 100_000
const chunkRows = 8192
/** MiB for the engine that reads Parquet. */
const engineMemoryMb = 512
const shownExamples = 5

/**
 * Loads predictions from files into a set, which readers do not see before it is flipped. The same command goes on where it was stopped, and does
 * nothing when the set is whole. Rejects with SOURCE_INVALID, SOURCE_SCHEMA, and with the code of the first row that cannot be stored.
 */
export function loadStored(args: StoreArgs, options: LoadStoredOptions): Promise<LoadedSet> {
  return withStore(args, async (sets, state) => {
    const reference = options.versionRef ?? options.model
    const { identity, definition } = await resolveModel(state, reference)
    if (identity.name !== options.model) throw new SlipwayError('USAGE', `${reference} is no version of ${options.model}`)
    const signal = options.signal ?? new AbortController().signal
    const spool = join(state.root, 'spool', 'stored')
    const request = { name: null, model: options.model, from: options.from, to: 'stored', key: options.key }
    const files = await inputFiles(request, { cwd: process.cwd(), spool, signal, stdin: process.stdin, progress: () => {} })
    const producedAt = options.producedAt ?? Math.round(Math.max(...files.map(({ path }) => statSync(path).mtimeMs)))
    const set = { model: identity.name, version: identity.version, digest: identity.digest, producedAt }
    const columns = columnsOf(options.key, definition.output)
    // Not closed: the store is.
    const sink = createStoredSink({
      sets,
      set: { id: setId(set, files), ...set },
      plan: { run: 'load', columns, staging: spool },
      outputs: Object.keys(definition.output),
      policy: definition.stored ?? null,
    })
    const load = { sink, files, output: definition.output, options, signal }
    const { records, refused } = await loadFiles(load)
    await sink.finish(records)
    return { set: withoutDetails((await sets.set(setId(set, files)))!), refused: refused.count, examples: refused.examples }
  })
}

/** The set of the same rows, version and time is the same set. */
function setId(set: object, files: readonly InputFile[]): string {
  const digests = files.map(({ digest }) => digest)
  return `load-${createHash('sha256')
    .update(JSON.stringify([set, digests]))
    .digest('hex')
    .slice(0, 12)}`
}

function columnsOf(key: string, output: Fields): readonly OutputColumn[] {
  const text = { type: 'text', dtype: 'string', shape: [] } as const
  return [
    { name: key, ...text, key: true },
    ...Object.entries(output).map(([name, { dtype }]): OutputColumn => ({ name, type: 'json', dtype, shape: [] })),
    { name: '_source', ...text },
    { name: '_codes', ...text },
  ]
}

interface Load {
  readonly sink: TableSink
  readonly files: readonly InputFile[]
  readonly output: Fields
  readonly options: LoadStoredOptions
  readonly signal: AbortSignal
}

interface Refused {
  count: number
  readonly examples: string[]
}

async function loadFiles(load: Load): Promise<{ readonly records: readonly PartitionRecord[]; readonly refused: Refused }> {
  const { sink, files, options } = load
  await sink.prepare()
  const known = new Map((await sink.committed()).map((record) => [record.partition.index, record]))
  const records: PartitionRecord[] = []
  const refused: Refused = { count: 0, examples: [] }
  let rows = 0
  for (const [at, file] of files.entries()) {
    const reader = openReader(file, { memoryMb: engineMemoryMb })
    try {
      const plan = await planOf(reader, load)
      for await (const partition of plannerOf(file.format).partitions(file, at, records.length, partitionRows)) {
        const record = known.get(partition.index) ?? (await store(partition, { reader, plan, load, refused, file }))
        records.push(record)
        rows += record.written
        options.onProgress?.(rows)
      }
    } finally {
      await reader.close()
    }
  }
  return { records, refused }
}

interface PartitionParts {
  readonly reader: TableReader
  readonly plan: ReadPlan
  readonly load: Load
  readonly refused: Refused
  readonly file: InputFile
}

function store(partition: Partition, { reader, plan, load, refused, file }: PartitionParts): Promise<PartitionRecord> {
  const { sink, output, options, signal } = load
  return loadPartition(partition, { reader, plan, sink, output, key: options.key, signal }, (rows) =>
    note(rows, { refused, file, options }),
  )
}

/** Counts refused rows; throws the first unless they are to be left out. */
function note(
  rows: readonly RefusedRow[],
  { refused, file, options }: Pick<PartitionParts, 'refused' | 'file'> & { readonly options: LoadStoredOptions },
): void {
  for (const { row, code, message } of rows) {
    const place = `${file.name}, row ${row} of its part: ${message}`
    if (options.skipBad !== true) throw new SlipwayError(code, place)
    refused.count++
    if (refused.examples.length < shownExamples) refused.examples.push(`${code}: ${place}`)
  }
}

/** Outputs are read like the inputs of a model: of their types, checked. */
async function planOf(reader: TableReader, { output, options }: Load): Promise<ReadPlan> {
  const names = (await reader.columns())?.map(({ name }) => name) ?? null
  const carry = [options.key, '_source', '_codes'].filter((name) => names === null || name === options.key || names.includes(name))
  return {
    fields: output,
    policy: { unknownFields: 'ignore', defaultAction: 'reject', gatherable: new Set() },
    columnOf: {},
    carry,
    types: Object.fromEntries(carry.map((name) => [name, 'text'])),
    chunkRows,
  }
}
