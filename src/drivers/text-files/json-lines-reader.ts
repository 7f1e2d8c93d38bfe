import type { FileHandle } from 'node:fs/promises'
import type { InputFile, TableReader } from '../../core/table.js'
import { ByteWindow } from './byte-window.js'
import { JsonLinesChunker } from './json-lines-chunker.js'
import { readChunks } from './read-chunks.js'
import { openText } from './text-file.js'

/** Reads partitions of one file of JSON lines (RFC 8259 objects, one a line). Nothing is opened before it is asked. */
export function createJsonLinesReader(file: InputFile): TableReader {
  let opened: Promise<FileHandle> | null = null
  const open = (): Promise<FileHandle> => (opened ??= openText(file))
  return {
    columns: () => Promise.resolve(null),
    async *read(partition, plan, options) {
      const range = { start: partition.start, end: partition.end, name: file.name }
      yield* readChunks(new ByteWindow(await open(), range), new JsonLinesChunker(plan), options?.signal)
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
