import type { FileHandle } from 'node:fs/promises'
import { SlipwayError } from '../../core/errors.js'
import type { InputFile, ReadPlan, SourceChunk, TableReader } from '../../core/table.js'
import { ByteWindow } from './byte-window.js'
import { JsonLinesChunker } from './json-lines-chunker.js'
import { openText } from './text-file.js'

/** Reads partitions of one file of JSON lines (RFC 8259 objects, one a line). Nothing is opened before it is asked. */
export function createJsonLinesReader(file: InputFile): TableReader {
  let opened: Promise<FileHandle> | null = null
  const open = (): Promise<FileHandle> => (opened ??= openText(file))
  return {
    columns: () => Promise.resolve(null),
    async *read(partition, plan, options) {
      const range = { start: partition.start, end: partition.end, name: file.name }
      yield* readChunks(new ByteWindow(await open(), range), plan, options?.signal)
    },
    async close() {
      const closing = opened
      opened = null
      // A file that could not be opened has nothing to be closed.
      await closing?.then(
        (handle) => handle.close(),
        () => undefined,
      )
    },
  }
}

async function* readChunks(window: ByteWindow, plan: ReadPlan, signal?: AbortSignal): AsyncGenerator<SourceChunk> {
  const chunker = new JsonLinesChunker(plan)
  for (;;) {
    if (!window.complete && (window.filled - window.at) * 2 < window.bytes.length) await window.fill(signal)
    const stop = chunker.take(window)
    const chunk = chunker.chunk(window.bytes)
    if (chunk !== null) yield chunk
    if (stop === 'skip') await window.skipLine(signal)
    else if (stop === 'more') {
      if (window.complete) return
      await window.fill(signal)
    }
    if (signal?.aborted === true) throw new SlipwayError('CANCELLED', 'reading was cancelled', { cause: signal.reason })
  }
}
