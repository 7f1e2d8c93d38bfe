import type { FileHandle } from 'node:fs/promises'
import type { InputFile, TableReader } from '../../core/table.js'
import { ByteWindow } from './byte-window.js'
import { CsvChunker } from './csv-chunker.js'
import { readHeader, type CsvHeader } from './csv-header.js'
import { readChunks } from './read-chunks.js'
import { resolveColumns } from './resolve-columns.js'
import { openText } from './text-file.js'

interface OpenFile {
  readonly handle: FileHandle
  readonly header: CsvHeader | null
}

/** Reads partitions of one file of CSV (RFC 4180, UTF-8, a header line). Nothing is opened before it is asked. */
export function createCsvReader(file: InputFile): TableReader {
  let opened: Promise<OpenFile> | null = null
  const open = (): Promise<OpenFile> => (opened ??= openFile(file))
  return {
    async columns() {
      const names = (await open()).header?.names ?? []
      return names.map((name) => ({ name, type: 'text' as const }))
    },
    async *read(partition, plan, options) {
      const { handle, header } = await open()
      if (header === null) return
      const window = new ByteWindow(handle, { start: partition.start, end: partition.end, name: file.name })
      const chunker = new CsvChunker(header.names, resolveColumns(header.names, plan, file), plan)
      yield* readChunks(window, chunker, options?.signal)
    },
    async close() {
      const closing = opened
      opened = null
      // A file that could not be opened has nothing to be closed.
      await closing?.then(
        ({ handle }) => handle.close(),
        () => undefined,
      )
    },
  }
}

async function openFile(file: InputFile): Promise<OpenFile> {
  const handle = await openText(file)
  try {
    return { handle, header: await readHeader(handle, file) }
  } catch (thrown) {
    await handle.close()
    throw thrown
  }
}
