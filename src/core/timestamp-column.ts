import type { ColumnContext } from './column-builder.js'
import { nameOfValue, nonFinite } from './column-builder.js'
import type { TimestampField } from './field.js'
import { parseIsoTime } from './iso-time.js'
import { startsNumber } from './json-number.js'
import type { JsonReader } from './json-reader.js'
import { ScalarColumn } from './scalar-column.js'

/** What a Date can hold, in milliseconds from the epoch. */
const farthest = 8.64e15

/** Points in time as epoch milliseconds, from ISO 8601 texts, epoch milliseconds and Dates. */
export class TimestampColumn extends ScalarColumn<TimestampField, 'float64'> {
  protected readonly what = 'an ISO 8601 time with its zone, or epoch milliseconds,'

  constructor(field: TimestampField, context: ColumnContext) {
    super(field, 'float64', context)
  }

  read(reader: JsonReader, row: number): void {
    const byte = reader.peekByte()
    if (byte === 34) this.append(reader.string(), row)
    else if (startsNumber(byte)) this.append(reader.number(nonFinite), row)
    else this.readOther(reader, row)
  }

  protected take(value: unknown, row: number): boolean {
    const time = epochMs(value)
    if (time === null) return this.refuseType(row, typeof value === 'string' ? 'another string' : nameOfValue(value))
    if (Number.isNaN(time)) return this.refuseType(row, 'NaN')
    if (Math.abs(time) > farthest) return this.refuse(row, 'INPUT_RANGE', `\`${this.name}\` is outside the times that can be written`)
    if (row >= this.buffer.capacity) this.grow(row)
    this.buffer.data[row] = time
    this.present(row)
    return true
  }
}

function epochMs(value: unknown): number | null {
  if (typeof value === 'number') return value
  if (typeof value === 'string') return parseIsoTime(value)
  return value instanceof Date ? value.getTime() : null
}
