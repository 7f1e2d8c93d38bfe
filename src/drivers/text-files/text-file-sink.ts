import { once } from 'node:events'
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { PartStore } from '../../core/part-store.js'
import { sinkFailure } from '../../core/sink-failure.js'
import type { OutputBatch, OutputPlan, Partition, PartitionRecord, PartitionWriter, TableSink } from '../../core/table.js'
import { csvHeader, csvLines } from './csv-lines.js'
import { jsonLines } from './json-lines.js'

export interface TextFileSinkOptions {
  /** What the output is called; a path that ends with `/` is a folder of parts, one that ends with `.gz` is compressed. */
  readonly path: string
  readonly format: 'csv' | 'jsonl'
  readonly plan: OutputPlan
  readonly parts: PartStore
}

/** A file, or a folder of files, of CSV or JSON lines. */
export function createTextFileSink(options: TextFileSinkOptions): TableSink {
  const { path, parts } = options
  return {
    commits: 'any-order',
    prepare: () => parts.prepare(),
    committed: () => parts.committed(),
    open: (partition) => openPart(options, partition),
    async finish(records) {
      const { bytes } = await (path.endsWith('/')
        ? parts.publishFolder(records)
        : parts.publishFile((target) => joinParts(options, records, target)))
      return { location: path, rows: records.reduce((sum, { written }) => sum + written, 0), bytes }
    },
    discard: () => parts.discard(),
    close: () => Promise.resolve(),
  }
}

/** What writes a batch as text of a format. */
export function textOf({ format, plan }: Pick<TextFileSinkOptions, 'format' | 'plan'>): (batch: OutputBatch) => string {
  return format === 'csv' ? csvLines : (batch) => jsonLines(batch, plan.columns)
}

async function openPart(options: TextFileSinkOptions, { index }: Partition): Promise<PartitionWriter> {
  const { parts, path, format, plan } = options
  const lines = textOf(options)
  const temporary = parts.temporary(index)
  const doing = `writing part ${index}`
  const file = await guarded(doing, () => open(temporary, 'wx'))
  // Files of a folder are read one by one: each has the header.
  if (path.endsWith('/') && format === 'csv') await guarded(doing, () => file.writeFile(csvHeader(plan.columns)))
  return {
    write: (batch) => guarded(doing, () => file.writeFile(lines(batch))),
    async commit(record) {
      await guarded(doing, () => file.close())
      return parts.commit(index, temporary, (data) => record([], data))
    },
    async abort() {
      await closeQuietly(file)
      await parts.abort(temporary)
    },
  }
}

async function joinParts(options: TextFileSinkOptions, records: readonly PartitionRecord[], target: string): Promise<void> {
  const { path, format, plan, parts } = options
  const output = createWriteStream(target, { highWaterMark: 1_048_576 })
  const zip = path.endsWith('.gz') ? createGzip() : null
  const done = finished(output)
  // Awaited at the end; until then a failure shows in the writing.
  done.catch(() => undefined)
  const sink = zip ?? output
  zip?.pipe(output)
  try {
    if (format === 'csv') sink.write(csvHeader(plan.columns))
    for (const { partition } of records) {
      for await (const block of createReadStream(parts.partPath(partition.index), { highWaterMark: 1_048_576 })) {
        if (!sink.write(block)) await drained(sink, output)
      }
    }
    sink.end()
    await done
  } catch (thrown) {
    zip?.destroy()
    output.destroy()
    throw thrown
  }
}

/** Waits until more may be written; rejects when the file fails meanwhile. */
async function drained(sink: NodeJS.WritableStream, output: WriteStream): Promise<void> {
  if (output.errored !== null) throw output.errored
  const stop = new AbortController()
  try {
    await Promise.race([
      once(sink, 'drain', { signal: stop.signal }),
      once(output, 'error', { signal: stop.signal }).then(([error]) => Promise.reject(error as Error)),
    ])
  } finally {
    stop.abort()
  }
}

async function guarded<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw sinkFailure(doing, thrown)
  }
}

async function closeQuietly(file: FileHandle): Promise<void> {
  // It may be closed already, when its commit failed.
  await file.close().catch(() => undefined)
}
