import type { ColumnContext } from './column-builder.js'
import { nameOfValue, nonFinite } from './column-builder.js'
import type { NumberField } from './field.js'
import { startsNumber } from './json-number.js'
import type { JsonReader } from './json-reader.js'
import { ScalarColumn } from './scalar-column.js'

/** Numbers as float64. NaN and infinities are stored as they came: the guardrails judge them. */
export class NumberColumn extends ScalarColumn<NumberField, 'float64'> {
  protected readonly what = 'a number'

  constructor(field: NumberField, context: ColumnContext) {
    super(field, 'float64', context)
  }

  read(reader: JsonReader, row: number): void {
    if (!startsNumber(reader.peekByte())) return this.readOther(reader, row)
    const value = reader.number(nonFinite)
    if (reader.overflowed) this.refuse(row, 'INPUT_RANGE', `\`${this.name}\` is outside the range of float64`)
    else if (this.field.schema === null) this.#put(value, row)
    else this.append(value, row)
  }

  protected take(value: unknown, row: number): boolean {
    if (typeof value !== 'number') return this.refuseType(row, nameOfValue(value))
    this.#put(value, row)
    return true
  }

  #put(value: number, row: number): void {
    if (row >= this.buffer.capacity) this.grow(row)
    this.buffer.data[row] = value
    this.present(row)
  }
}
