import type { ErrorCode } from '../../core/errors.js'
import type { FrameBuilder } from '../../core/frame-builder.js'
import { columnsOf } from '../../core/frame-ops.js'
import type { BrokenRecord, ReadPlan, SourceChunk, TableType } from '../../core/table.js'
import { recordText } from './byte-text.js'
import { typeNames, type CarriedColumn } from './carried-column.js'

/** Keeps count of the records of a partition, and where those of the current chunk are. */
export class ChunkRecords {
  /** Rows of the chunk so far. */
  rows = 0
  readonly #types: Readonly<Record<string, TableType>>
  readonly #size: number
  readonly #starts: Uint32Array
  readonly #ends: Uint32Array
  readonly #numbers: Uint32Array
  #broken: BrokenRecord[] = []
  #misfits: { readonly row: number; readonly name: string }[] = []
  /** Number of the next record in its partition. */
  #next = 0
  #first = 0

  constructor({ chunkRows, types }: ReadPlan) {
    this.#size = chunkRows
    this.#types = types
    this.#starts = new Uint32Array(chunkRows)
    this.#ends = new Uint32Array(chunkRows)
    this.#numbers = new Uint32Array(chunkRows)
  }

  get full(): boolean {
    return this.rows + this.#broken.length >= this.#size
  }

  reset(): void {
    this.rows = 0
    this.#first = this.#next
    if (this.#broken.length > 0) this.#broken = []
    if (this.#misfits.length > 0) this.#misfits = []
  }

  /** The record at `start` is the next row. */
  row(start: number, end: number): void {
    this.#starts[this.rows] = start
    this.#ends[this.rows] = end
    this.#numbers[this.rows++] = this.#next++
  }

  broken(bytes: Buffer, [start, end]: readonly [number, number], code: ErrorCode, message: string): void {
    this.#broken.push({ row: this.#next++, code, message, record: recordText(bytes, start, end) })
  }

  /** Carried columns whose value in a row does not fit their type. */
  misfits(row: number, names: readonly string[]): void {
    for (const name of names) this.#misfits.push({ row, name })
  }

  /** The records since `reset` as a chunk; null when there are none. */
  chunk(bytes: Buffer, builder: FrameBuilder, carried: readonly CarriedColumn[]): SourceChunk | null {
    const { rows } = this
    const broken = this.#broken
    if (rows === 0 && broken.length === 0) return null
    for (const { row, name } of this.#misfits)
      builder.addIssue({ row, code: 'INPUT_TYPE', field: name, action: 'reject', message: this.#expected(name) })
    return {
      input: builder.build(),
      carry: columnsOf(carried.map((column) => [column.name, column.column(rows)])),
      rowNumbers: broken.length > 0 ? this.#numbers.subarray(0, rows) : null,
      firstRow: rows > 0 ? this.#numbers[0]! : this.#first,
      broken,
      record: (row) => recordText(bytes, this.#starts[row]!, this.#ends[row]!),
    }
  }

  #expected(name: string): string {
    const type = Object.hasOwn(this.#types, name) ? this.#types[name]! : 'text'
    return `expected ${typeNames[type]} for the column \`${name}\``
  }
}
