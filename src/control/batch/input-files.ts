import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { glob } from 'tinyglobby'
import { SlipwayError } from '../../core/errors.js'
import type { FileFormat, InputFile, QuerySource } from '../../core/table.js'
import { expandFile, spoolStream } from '../../drivers/text-files/expand.js'
import type { BatchRequest } from '../../targets/batch/batch-request.js'
import { readJson, writeDurable } from './durable-json.js'
import { placeOf, withoutPassword, type Place } from './source-url.js'

export interface InputOptions {
  /** Folder that relative paths start from. */
  readonly cwd: string
  /** Where compressed files, queries and pipes are written to; kept until the run is done. */
  readonly spool: string
  readonly signal: AbortSignal
  readonly stdin: NodeJS.ReadableStream
  readonly progress: (rows: number) => void
}

/** The files that a request reads, in the order of their names. SOURCE_INVALID when there are none, or one cannot be read. */
export async function inputFiles(request: BatchRequest, options: InputOptions): Promise<readonly InputFile[]> {
  const place = placeOf(request.from)
  if (place.kind === 'files') {
    if (request.query !== undefined)
      throw new SlipwayError('CONFIG_INVALID', 'a query wants a database in `from`: sqlite:, duckdb: or postgres://')
    return localFiles(request, place.path, options)
  }
  if (place.kind === 'pipe') return [await pipedFile(request, options)]
  if (place.kind === 'stored') throw new SlipwayError('CONFIG_INVALID', '`from` cannot be stored predictions: export them first')
  if (request.query === undefined) throw new SlipwayError('CONFIG_INVALID', `\`from\` is a database: give the rows to score by \`query\``)
  return [await queryFile(place, request.query, options)]
}

async function localFiles(request: BatchRequest, path: string, options: InputOptions): Promise<readonly InputFile[]> {
  const paths = await matching(path, options.cwd)
  if (paths.length === 0) throw new SlipwayError('SOURCE_INVALID', `no file matches ${path}`)
  const files: InputFile[] = []
  for (const [i, found] of paths.entries()) files.push(await localFile(request, found, i, options))
  const formats = [...new Set(files.map((file) => file.format))]
  if (formats.length > 1)
    throw new SlipwayError('SOURCE_INVALID', `the files of ${path} have several formats: ${formats.join(', ')}; name those of one`)
  return files
}

async function matching(path: string, cwd: string): Promise<readonly string[]> {
  const absolute = resolve(cwd, path)
  const found = await stat(absolute).catch(() => null)
  if (found?.isFile() === true) return [absolute]
  if (found?.isDirectory() === true) {
    const names = await readdir(absolute)
    const tables = names.filter((name) => !/^[._]/.test(name) && formatOf(name) !== null)
    if (tables.length === 0) throw new SlipwayError('SOURCE_INVALID', `the folder ${path} has no .csv, .jsonl or .parquet files`)
    return tables.toSorted().map((name) => join(absolute, name))
  }
  if (!/[*?[\]{}]/.test(path)) throw new SlipwayError('FILE_UNKNOWN', `no such file: ${path}`)
  const paths = await glob(path, { cwd, absolute: true, onlyFiles: true, expandDirectories: false })
  return paths.toSorted()
}

const compressions: Readonly<Record<string, 'gzip' | 'zstd'>> = { gz: 'gzip', zst: 'zstd', zstd: 'zstd' }

interface NamedFormat {
  readonly format: FileFormat
  readonly compression: 'gzip' | 'zstd' | null
}

/** What a file name says of its contents: `rows.csv.gz`; null when nothing. */
export function formatOf(name: string): NamedFormat | null {
  const match = /\.(csv|jsonl|ndjson|parquet)(?:\.(gz|zst|zstd))?$/i.exec(name)
  if (match === null) return null
  const format = match[1]!.toLowerCase().replace('ndjson', 'jsonl') as FileFormat
  return { format, compression: match[2] === undefined ? null : compressions[match[2].toLowerCase()]! }
}

async function localFile(request: BatchRequest, path: string, index: number, options: InputOptions): Promise<InputFile> {
  const named = formatOf(basename(path))
  const compression = named?.compression ?? compressionByName(path)
  const format = request.fromFormat ?? named?.format
  if (format === undefined) {
    throw new SlipwayError(
      'CONFIG_INVALID',
      `${shown(path, options.cwd)}: the name does not say whether it is CSV, JSON lines or Parquet; give --from-format`,
    )
  }
  const { bytes, digest } = await sampledDigest(path, shown(path, options.cwd))
  const file = { name: shown(path, options.cwd), path, format, bytes, digest }
  if (compression === null || format === 'parquet') return file
  return { ...file, ...(await expanded(path, { index, digest, format }, options)) }
}

function compressionByName(path: string): 'gzip' | 'zstd' | null {
  return compressions[/\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''] ?? null
}

/** The text of a compressed file, from an earlier attempt where it is whole. */
async function expanded(
  path: string,
  { index, digest, format }: { readonly index: number; readonly digest: string; readonly format: FileFormat },
  options: InputOptions,
): Promise<{ readonly path: string; readonly bytes: number }> {
  const target = join(options.spool, `${index}.${format}`)
  const known = await kept(target, digest)
  if (known !== null) return { path: target, bytes: known.bytes }
  await mkdir(options.spool, { recursive: true, mode: 0o700 })
  const { bytes } = await expandFile(path, target, { signal: options.signal })
  await keep(target, { source: digest, bytes, digest, format })
  return { path: target, bytes }
}

/** Digest of size, time of change, and the first and last 64 KiB: whether the file is the same, without reading all of it. */
async function sampledDigest(path: string, name: string): Promise<{ readonly bytes: number; readonly digest: string }> {
  try {
    const file = await open(path, 'r')
    try {
      const { size, mtimeMs } = await file.stat()
      const sample = Buffer.alloc(Math.min(size, 65_536))
      const hash = createHash('sha256').update(`${size}\n${mtimeMs}\n`)
      await file.read(sample, 0, sample.length, 0)
      hash.update(sample)
      await file.read(sample, 0, sample.length, size - sample.length)
      return { bytes: size, digest: `sha256:${hash.update(sample).digest('hex')}` }
    } finally {
      await file.close()
    }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable'
    throw new SlipwayError('SOURCE_INVALID', `${name} cannot be read: ${code}`, { cause })
  }
}

async function pipedFile(request: BatchRequest, options: InputOptions): Promise<InputFile> {
  const format = request.fromFormat
  if (format === undefined)
    throw new SlipwayError('CONFIG_INVALID', 'standard input does not say what it is: give --from-format csv, jsonl or parquet')
  const path = join(options.spool, `pipe.${format}`)
  await mkdir(options.spool, { recursive: true, mode: 0o700 })
  const { bytes, sha256 } = await spoolStream(options.stdin, path, { signal: options.signal })
  return { name: 'standard input', path, format, bytes, digest: `sha256:${sha256}` }
}

/** The rows of a query, from an earlier attempt where they are whole: a run goes on with the rows that it began with. */
async function queryFile(
  place: Exclude<Place, { kind: 'files' | 'pipe' | 'stored' }>,
  query: string,
  options: InputOptions,
): Promise<InputFile> {
  const where = place.kind === 'postgres' ? withoutPassword(place.url) : `${place.kind}:${place.path}`
  const source = createHash('sha256').update(`${where}\n${query}`).digest('hex')
  const target = join(options.spool, 'query')
  const known = await kept(target, source)
  const name = `query of ${where}`
  if (known !== null) return { name, path: target, format: known.format, bytes: known.bytes, digest: known.digest }
  await mkdir(options.spool, { recursive: true, mode: 0o700 })
  const database = await openQuery(place, options.cwd)
  try {
    await rm(target, { force: true })
    const { format } = await database.spool(query, target, { signal: options.signal, progress: options.progress })
    const { bytes, digest } = await wholeDigest(target)
    await keep(target, { source, bytes, digest, format })
    return { name, path: target, format, bytes, digest }
  } finally {
    await database.close()
  }
}

async function openQuery(place: Exclude<Place, { kind: 'files' | 'pipe' | 'stored' }>, cwd: string): Promise<QuerySource> {
  if (place.kind === 'postgres') return (await import('../../drivers/postgres/query.js')).createPostgresQuery({ url: place.url })
  const path = resolve(cwd, place.path)
  if (!existsSync(path)) throw new SlipwayError('FILE_UNKNOWN', `no such database: ${place.path}`)
  if (place.kind === 'sqlite') return (await import('../../drivers/sqlite/query.js')).createSqliteQuery({ path })
  return (await import('../../drivers/duckdb/query.js')).createDuckdbQuery({ path })
}

async function wholeDigest(path: string): Promise<{ readonly bytes: number; readonly digest: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  const file = await open(path, 'r')
  for await (const block of file.createReadStream({ highWaterMark: 1 << 20 })) {
    hash.update(block as Buffer)
    bytes += (block as Buffer).length
  }
  return { bytes, digest: `sha256:${hash.digest('hex')}` }
}

interface Kept {
  readonly source: string
  readonly bytes: number
  readonly digest: string
  readonly format: FileFormat
}

async function keep(target: string, note: Kept): Promise<void> {
  await writeDurable(`${target}.json`, JSON.stringify(note))
}

/** What an earlier attempt wrote of the same source, when it is whole. */
async function kept(target: string, source: string): Promise<Kept | null> {
  const note = (await readJson(`${target}.json`).catch(() => null)) as Kept | null
  if (note === null || note.source !== source) return null
  const size = await stat(target).then(
    (found) => found.size,
    () => -1,
  )
  return size === note.bytes ? note : null
}

function shown(path: string, cwd: string): string {
  const inside = relative(cwd, path)
  return inside === '' || inside.startsWith('..') ? path : inside
}
