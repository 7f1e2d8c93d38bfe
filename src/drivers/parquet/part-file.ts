import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { bytesPerElement } from '../../core/dtype.js'
import { elementCount } from '../../core/tensor.js'
import type { OutputBatch, OutputColumn } from '../../core/table.js'
import { ColumnChunk } from './column-chunk.js'
import type { EncodedChunk } from './encode-chunk.js'
import { encodeFooter, encodeGroup, magic } from './footer.js'
import { schemaElements } from './schema.js'
import { writeAll } from './write-all.js'

export interface PartFileOptions {
  /** Must not be there yet. */
  readonly path: string
  readonly columns: readonly OutputColumn[]
  readonly createdBy: string
  /** Rows of a row group at most; 131,072 when left out. */
  readonly groupRows?: number
}

const defaultGroupRows = 131_072

/** Bytes of a row group that it is written at, so that memory stays bounded when rows are large. */
const groupBytes = 33_554_432

/** Bytes of fixed size that are taken at once. */
const stepBytes = 8_388_608

/** A Parquet file (README.md of parquet-format, "File format") that grows by a row group whenever enough rows are collected. */
export class PartFile {
  readonly #options: PartFileOptions
  readonly #chunks: readonly ColumnChunk[]
  readonly #groups: Buffer[] = []
  #file: FileHandle | null = null
  #offset = 0
  #rows = 0
  #collected = 0

  constructor(options: PartFileOptions) {
    this.#options = options
    this.#chunks = options.columns.map((column) => new ColumnChunk(column))
  }

  async append({ length, columns }: OutputBatch): Promise<void> {
    const groupRows = this.#options.groupRows ?? defaultGroupRows
    const step = Math.max(1, Math.floor(stepBytes / rowBytes(columns)))
    for (let start = 0; start < length;) {
      const end = Math.min(length, start + step, start + groupRows - this.#collected)
      for (const [i, chunk] of this.#chunks.entries()) chunk.append(columns[i]!, start, end)
      this.#collected += end - start
      start = end
      if (this.#collected >= groupRows || this.#bytes() >= groupBytes) await this.#writeGroup()
    }
  }

  /** Writes what is left and the footer, and closes the file. */
  async finish(): Promise<void> {
    if (this.#collected > 0) await this.#writeGroup()
    const { columns, createdBy } = this.#options
    const footer = encodeFooter({ schema: schemaElements(columns), rows: this.#rows, groups: this.#groups, createdBy })
    await this.#write([footer])
    await this.close()
  }

  /** Closes the file, whole or not. */
  async close(): Promise<void> {
    const file = this.#file
    this.#file = null
    await file?.close()
  }

  async #writeGroup(): Promise<void> {
    await this.#write([])
    const offset = this.#offset
    let at = offset
    const encoded: EncodedChunk[] = []
    for (const chunk of this.#chunks) {
      const taken = chunk.take(at)
      encoded.push(taken)
      at += taken.bytes
    }
    await this.#write(encoded.flatMap(({ pieces }) => pieces))
    const group = { offset, bytes: at - offset, rows: this.#collected }
    this.#groups.push(
      encodeGroup(
        group,
        encoded.map(({ metadata }) => metadata),
      ),
    )
    this.#rows += this.#collected
    this.#collected = 0
  }

  async #write(pieces: readonly Uint8Array[]): Promise<void> {
    const begun = this.#file !== null
    this.#file ??= await open(this.#options.path, 'wx')
    this.#offset += await writeAll(this.#file, begun ? pieces : [magic, ...pieces])
  }

  #bytes(): number {
    return this.#chunks.reduce((sum, { bytes }) => sum + bytes, 0)
  }
}

/** Bytes of a row, as far as its columns have a fixed size. */
function rowBytes(columns: OutputBatch['columns']): number {
  return columns.reduce((sum, column) => {
    if ('indices' in column) return sum + 4
    const bytes = column.dtype === 'object' ? 0 : bytesPerElement(column.dtype)
    return sum + Math.max(bytes, 4) * elementCount(column.shape)
  }, 0)
}
