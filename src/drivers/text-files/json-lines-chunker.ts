import { SlipwayError } from '../../core/errors.js'
import { createFrameBuilder, type FrameBuilder } from '../../core/frame-builder.js'
import type { ReadPlan, SourceChunk } from '../../core/table.js'
import type { ByteWindow } from './byte-window.js'
import { ChunkRecords } from './chunk-records.js'
import { skipBlankLines } from './csv-header.js'
import { MappedReader, type MappedColumns, mappedColumns } from './mapped-reader.js'
import { maxRecordBytes } from './scan-record.js'
import type { ChunkStop } from './csv-chunker.js'

/** Makes chunks of the JSON lines in a window; every line is read from its bytes by the frame builder. */
export class JsonLinesChunker {
  readonly #builder: FrameBuilder
  readonly #records: ChunkRecords
  readonly #columns: MappedColumns

  constructor(plan: ReadPlan) {
    this.#builder = createFrameBuilder(plan.fields, plan.policy)
    this.#records = new ChunkRecords(plan)
    this.#columns = mappedColumns(plan)
  }

  /** Takes lines from the window until the chunk is full or the window has no whole one. */
  take(window: ByteWindow): ChunkStop {
    this.#builder.reset()
    this.#records.reset()
    for (const column of this.#columns.carried) column.reset()
    const { bytes, filled, complete } = window
    const lines = bytes.subarray(0, filled)
    // One reader for all lines: what it reads must end with the line, which is looked at behind each.
    let reader = new MappedReader(lines, this.#columns)
    while (!this.#records.full) {
      skipBlankLines(window)
      const start = window.at
      if (start >= filled) return 'more'
      const found = lines.indexOf(10, start)
      if (found < 0 && !complete) return filled - start > maxRecordBytes ? this.#skip(window) : 'more'
      const end = found < 0 ? filled : found + 1
      if (onlyBlanks(start, end, bytes)) {
        window.at = end
        continue
      }
      if (end - start > maxRecordBytes) this.#refuse(window, end, tooLong)
      else if (!this.#read(reader, start, end)) {
        this.#readAlone(window, end)
        reader = new MappedReader(lines, this.#columns)
      }
      window.at = end
    }
    return 'full'
  }

  /** The chunk that was taken; null when it has no records. `bytes` are those that the records are in. */
  chunk(bytes: Buffer): SourceChunk | null {
    return this.#records.chunk(bytes, this.#builder, this.#columns.carried)
  }

  /** Reads a line by the reader of all lines; false, with nothing appended, when it is not one whole object. */
  #read(reader: MappedReader, start: number, end: number): boolean {
    const row = this.#records.rows
    try {
      reader.start(start, row)
      this.#builder.readRow(reader.json)
      if (!onlyBlanks(reader.json.position, end, reader.bytes)) {
        this.#builder.truncate(row)
        return false
      }
    } catch (thrown) {
      if (thrown instanceof SlipwayError) return false
      throw thrown
    }
    this.#append(reader, start, end)
    return true
  }

  /** Reads a line by itself, so that an error tells its place in the line. */
  #readAlone(window: ByteWindow, end: number): void {
    const { bytes, at } = window
    const row = this.#records.rows
    const reader = new MappedReader(bytes.subarray(at, end), this.#columns)
    try {
      reader.start(0, row)
      this.#builder.readRow(reader.json)
      reader.json.end()
      this.#append(reader, at, end)
    } catch (thrown) {
      if (!(thrown instanceof SlipwayError)) throw thrown
      this.#builder.truncate(row)
      this.#refuse(window, end, thrown)
    }
  }

  #append(reader: MappedReader, start: number, end: number): void {
    const row = this.#records.rows
    this.#records.row(start, end)
    if (reader.finish(row)) this.#records.misfits(row, reader.misfits)
  }

  #refuse({ bytes, at }: ByteWindow, end: number, { code, message }: Pick<SlipwayError, 'code' | 'message'>): void {
    this.#records.broken(bytes, [at, end], code, message)
  }

  #skip(window: ByteWindow): ChunkStop {
    this.#refuse(window, window.filled, tooLong)
    window.at = window.filled
    return 'skip'
  }
}

const tooLong = { code: 'PAYLOAD_TOO_LARGE', message: 'the record is longer than 16 MiB' } as const

/** Whether nothing but white space of JSON stands from `at` on; false when that is beyond `end`. */
function onlyBlanks(at: number, end: number, bytes: Uint8Array): boolean {
  if (at > end) return false
  for (let i = at; i < end; i++) {
    const byte = bytes[i]!
    if (byte !== 10 && byte !== 13 && byte !== 32 && byte !== 9) return false
  }
  return true
}
