import type { ColumnContext } from './column-builder.js'
import { nameOfValue, nonFinite } from './column-builder.js'
import type { IntegerDType, IntegerField } from './field.js'
import { startsNumber } from './json-number.js'
import type { JsonReader } from './json-reader.js'
import { ScalarColumn } from './scalar-column.js'
import { storeBigInt, storeNumber } from './store-element.js'

/** Index of the lower half of a 64-bit element, in units of 32 bits. */
const lowHalf = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 0 : 1

/** Whole numbers in the storage of the field, refused where they do not fit it. */
export class IntegerColumn extends ScalarColumn<IntegerField, IntegerDType> {
  protected readonly what = 'a whole number'
  /** The storage of a 64-bit column in halves, so that a number is stored without a bigint. */
  #halves: Int32Array | null = null

  constructor(field: IntegerField, context: ColumnContext) {
    super(field, field.dtype, context)
    this.#split()
  }

  read(reader: JsonReader, row: number): void {
    if (!startsNumber(reader.peekByte())) return this.readOther(reader, row)
    const value = reader.integer(nonFinite)
    if (value === null) this.refuseType(row, 'a number that is not whole')
    else if (this.field.schema === null && typeof value === 'number') this.#putSafe(value, row)
    else this.append(value, row)
  }

  protected take(value: unknown, row: number): boolean {
    if (typeof value === 'number') {
      if (Number.isSafeInteger(value)) return this.#putSafe(value, row)
      return Number.isInteger(value) ? this.#putBigInt(BigInt(value), row) : this.refuseType(row, 'a number that is not whole')
    }
    return typeof value === 'bigint' ? this.#putBigInt(value, row) : this.refuseType(row, nameOfValue(value))
  }

  protected override grow(row: number): void {
    super.grow(row)
    this.#split()
  }

  protected override copy(...column: Parameters<ScalarColumn<IntegerField, IntegerDType>['copy']>): void {
    super.copy(...column)
    this.#split()
  }

  override reset(rows: number): void {
    super.reset(rows)
    this.#split()
  }

  #putSafe(value: number, row: number): boolean {
    if (row >= this.buffer.capacity) this.grow(row)
    const halves = this.#halves
    if (halves === null) {
      if (storeNumber(this.buffer.data, this.buffer.dtype, row, value) !== null) return this.#refuseRange(value, row)
    } else {
      if (value < 0 && this.buffer.dtype === 'uint64') return this.#refuseRange(value, row)
      halves[2 * row + lowHalf] = value | 0
      halves[2 * row + 1 - lowHalf] = Math.floor(value / 4_294_967_296)
    }
    this.present(row)
    return true
  }

  #putBigInt(value: bigint, row: number): boolean {
    if (row >= this.buffer.capacity) this.grow(row)
    if (storeBigInt(this.buffer.data, this.buffer.dtype, row, value) !== null) return this.#refuseRange(value, row)
    this.present(row)
    return true
  }

  #refuseRange(value: number | bigint, row: number): false {
    const digits = String(value)
    const shown = digits.length > 24 ? 'a larger number' : digits
    return this.refuse(row, 'INPUT_RANGE', `expected ${this.buffer.dtype} for \`${this.name}\`, received ${shown}`)
  }

  #split(): void {
    const { data } = this.buffer
    const wide = data instanceof BigInt64Array || data instanceof BigUint64Array
    this.#halves = wide ? new Int32Array(data.buffer) : null
  }
}
