import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { SlipwayError } from '../../core/errors.js'
import type { Columns } from '../../core/frame.js'
import type { InputFile, OutputColumn, Partition, TableColumn } from '../../core/table.js'
import { hasFreeDimensions } from '../../core/tensor-shape.js'
import type { ModelDefinition } from '../../model/definition.js'
import type { BatchRequest } from '../../targets/batch/batch-request.js'
import { inferTypes, type OutputLayout, outputLayout } from '../../targets/batch/output-layout.js'
import type { RunIdentity } from '../../targets/batch/run-identity.js'
import { parseWhere } from '../../targets/batch/where/where.js'
import { formatOf } from './input-files.js'
import { openReader, plannerOf } from './open-reader.js'
import { readPlanOf } from './open-scoring.js'
import type { ResolvedModel } from './resolve-model.js'
import type { SinkSpec } from './scoring-spec.js'
import { placeOf, withoutPassword } from './source-url.js'

/** Rows that are scored as one frame. */
const chunkRows = 8192
/** Rows of a partition where files are written, and where a worker holds them until its turn comes. */
const partitionRows = { files: 262_144, ordered: 65_536, least: 256 } as const
/** What a partition of a slow model may take, by the time of one row when it was admitted: batches are faster than that. */
const partitionMs = 120_000
/** MiB that an engine may take in each worker. */
export const engineMemoryMb = 128

/** What a request comes to once its files and model are known. */
export interface RunSetup {
  readonly layout: OutputLayout
  readonly carry: readonly string[]
  readonly types: BatchRequest['types'] & object
  readonly columnOf: Readonly<Record<string, string>>
  readonly chunkRows: number
  readonly partitionRows: number
  /** Columns of the source; null where each row says for itself. */
  readonly columns: readonly TableColumn[] | null
}

/** Reads the beginning of the source: which columns there are, of what types. SOURCE_SCHEMA when the model cannot be fed from them. */
export async function setUp(request: BatchRequest, files: readonly InputFile[], model: ResolvedModel): Promise<RunSetup> {
  const { definition } = model
  const columnOf = checkedMap(request, definition)
  const free = hasFreeDimensions(definition.input) || hasFreeDimensions(definition.output)
  const rows = request.partitionRows ?? partitionRowsOf(request, model.rowMs)
  const probe = new Probe(files, rows)
  try {
    const columns = await probe.columns()
    const pass = passed(request, columns)
    const where = request.where === undefined ? null : parseWhere(request.where)
    const carry = [...new Set([...(request.key === undefined ? [] : [request.key]), ...pass, ...(where?.columns ?? [])])]
    const declared = request.types ?? {}
    const plan = { columnOf, carry, types: declared, chunkRows: free ? 1 : chunkRows }
    const sample = await probe.sample((partition) => ({ partition, plan: readPlanOf(plan, definition) }))
    const types = { ...declared, ...inferTypes(sample, declared) }
    const retyped =
      Object.keys(types).length === Object.keys(declared).length
        ? sample
        : await probe.sample((partition) => ({ partition, plan: readPlanOf({ ...plan, types }, definition) }))
    const layout = outputLayout({ output: definition.output, key: request.key ?? null, pass, sample: retyped, types })
    return {
      layout: withSourceTypes(layout, columns, types),
      carry,
      types,
      columnOf,
      chunkRows: plan.chunkRows,
      partitionRows: rows,
      columns,
    }
  } finally {
    await probe.close()
  }
}

/** As many rows as a kill may cost to score again. */
function partitionRowsOf(request: BatchRequest, rowMs: number | null): number {
  const most = isOrdered(request) ? partitionRows.ordered : partitionRows.files
  return rowMs === null || rowMs <= 0 ? most : Math.max(partitionRows.least, Math.min(most, Math.floor(partitionMs / rowMs)))
}

/** Sinks that take partitions one after another have each worker hold its rows. */
function isOrdered(request: BatchRequest): boolean {
  return placeOf(request.to).kind !== 'files'
}

function checkedMap(request: BatchRequest, { input }: ModelDefinition): Readonly<Record<string, string>> {
  const map = request.map ?? {}
  for (const name of Object.keys(map)) {
    if (!Object.hasOwn(input, name)) {
      throw new SlipwayError('CONFIG_INVALID', `--map names the input \`${name}\`; the model has ${Object.keys(input).join(', ')}`)
    }
  }
  return map
}

function passed(request: BatchRequest, columns: readonly TableColumn[] | null): readonly string[] {
  const pass = request.pass ?? []
  if (!pass.includes('*')) return pass
  if (columns === null)
    throw new SlipwayError('CONFIG_INVALID', 'the rows of JSON lines have no common columns: name those to pass instead of *')
  return columns.map(({ name }) => name)
}

/** What only the source knows of a carried column: that its numbers are times, its texts JSON. */
function withSourceTypes(
  layout: OutputLayout,
  columns: readonly TableColumn[] | null,
  types: Readonly<Record<string, OutputColumn['type']>>,
): OutputLayout {
  if (columns === null) return layout
  const known = new Map(columns.map(({ name, type }) => [name, type]))
  const carried = new Set(layout.carried)
  return {
    ...layout,
    columns: layout.columns.map((column) =>
      carried.has(column.name) && !(column.name in types) && column.dtype !== 'object'
        ? { ...column, type: known.get(column.name) ?? column.type }
        : column,
    ),
  }
}

type ReadPlan = ReturnType<typeof readPlanOf>

/** The first file that has rows. */
class Probe {
  readonly #files: readonly InputFile[]
  readonly #rows: number
  readonly #open: ReturnType<typeof openReader>[] = []

  constructor(files: readonly InputFile[], rows: number) {
    this.#files = files
    this.#rows = rows
  }

  columns(): Promise<readonly TableColumn[] | null> {
    return this.#reader(this.#files[0]!).columns()
  }

  /** The carried columns of a first chunk. SOURCE_INVALID when no file has a row. */
  async sample(plan: (partition: Partition) => { readonly partition: Partition; readonly plan: ReadPlan }): Promise<Columns> {
    for (const [i, file] of this.#files.entries()) {
      for await (const partition of plannerOf(file.format).partitions(file, i, 0, this.#rows)) {
        const asked = plan(partition)
        for await (const chunk of this.#reader(file).read(partition, asked.plan)) return chunk.carry
      }
    }
    throw new SlipwayError('SOURCE_INVALID', `${this.#files.map((file) => file.name).join(', ')}: there are no rows`)
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((reader) => reader.close()))
  }

  #reader(file: InputFile): ReturnType<typeof openReader> {
    const reader = openReader(file, { memoryMb: engineMemoryMb })
    this.#open.push(reader)
    return reader
  }
}

/** Partitions of every file, numbered through. */
export async function* allPartitions(files: readonly InputFile[], rows: number): AsyncGenerator<Partition, void, undefined> {
  let next = 0
  for (const [i, file] of files.entries()) {
    for await (const partition of plannerOf(file.format).partitions(file, i, next, rows)) {
      next = partition.index + 1
      yield partition
    }
  }
}

/** What decides the rows of a run. */
export function identityOf(
  request: BatchRequest,
  model: RunIdentity['model'],
  files: readonly InputFile[],
  setup: Pick<RunSetup, 'partitionRows'>,
): RunIdentity {
  const { key, pass, map, where, types, toFormat, table, store, logicalTime, fromFormat } = request
  const to = placeOf(request.to)
  const destination = to.kind === 'postgres' ? withoutPassword(to.url) : request.to
  const named = {
    key,
    pass,
    map,
    where,
    types,
    toFormat,
    table,
    store,
    logicalTime,
    fromFormat,
    to: destination,
    partitionRows: setup.partitionRows,
  }
  return {
    model,
    inputs: files.map(({ name, format, bytes, digest }) => ({ name, format, bytes, digest })),
    options: Object.fromEntries(Object.entries(named).filter(([, value]) => value !== undefined)),
  }
}

/** Names the output of a request and what it is for: one run at a time works on it, and an unfinished one is gone on with. */
export function checkpointOf(request: BatchRequest, cwd: string): string {
  const to = placeOf(request.to)
  const place = to.kind === 'files' ? resolve(cwd, to.path) : to.kind === 'postgres' ? withoutPassword(to.url) : request.to
  const model = to.kind === 'stored' ? request.model.split('@')[0] : null
  const parts = [place, request.table ?? null, request.store ?? null, model, request.logicalTime ?? null]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)
}

/** The sink of a request, but for a stored set. CONFIG_INVALID when something is missing. */
export function sinkSpecOf(request: BatchRequest, cwd: string): Exclude<SinkSpec, { kind: 'stored' }> | null {
  const to = placeOf(request.to)
  const overwrite = request.overwrite ?? false
  switch (to.kind) {
    case 'stored':
      if (request.key === undefined)
        throw new SlipwayError('CONFIG_INVALID', 'stored predictions are found by key: give the column that holds it by --key')
      return null
    case 'pipe': {
      const format = request.toFormat ?? 'jsonl'
      if (format === 'parquet') throw new SlipwayError('CONFIG_INVALID', 'standard output takes csv or jsonl: Parquet needs a file')
      return { kind: 'stdout', format }
    }
    case 'files': {
      const format = request.toFormat ?? formatOf(basename(to.path))?.format ?? (to.path.endsWith('/') ? 'parquet' : null)
      if (format === null)
        throw new SlipwayError(
          'CONFIG_INVALID',
          `${to.path} does not say what it is to be: name it .csv, .jsonl or .parquet, or give --to-format`,
        )
      return {
        kind: 'file',
        path: to.path.endsWith('/') ? `${resolve(cwd, to.path)}/` : resolve(cwd, to.path),
        format,
        existing: overwrite ? 'replace' : 'refuse',
      }
    }
    case 'sqlite':
      return { kind: 'sqlite', path: resolve(cwd, to.path), table: tableOf(request), overwrite }
    case 'postgres':
      return { kind: 'postgres', url: to.url, table: tableOf(request), overwrite }
    case 'duckdb':
      throw new SlipwayError('CONFIG_INVALID', 'DuckDB files are read, not written: write Parquet, which DuckDB reads as it is')
  }
}

function tableOf({ table }: BatchRequest): string {
  if (table !== undefined && table !== '') return table
  throw new SlipwayError('CONFIG_INVALID', 'a database wants the name of a table: give --table')
}

/** Folder for what is not whole yet, on the file system of the output. */
export function stagingOf(spec: SinkSpec, folder: string, run: string): string {
  if (spec.kind !== 'file') return join(folder, 'staging')
  const path = spec.path.replace(/\/+$/, '')
  return join(dirname(path), `.${basename(path)}.${run}`)
}

export function workersOf(request: BatchRequest): number {
  return placeOf(request.to).kind === 'pipe' ? 1 : (request.workers ?? availableParallelism())
}
