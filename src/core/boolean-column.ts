import type { ColumnContext } from './column-builder.js'
import { nameOfValue } from './column-builder.js'
import type { BooleanField } from './field.js'
import type { JsonReader } from './json-reader.js'
import { ScalarColumn } from './scalar-column.js'

/** true and false as 1 and 0; numbers are not booleans. */
export class BooleanColumn extends ScalarColumn<BooleanField, 'bool'> {
  protected readonly what = 'a boolean'

  constructor(field: BooleanField, context: ColumnContext) {
    super(field, 'bool', context)
  }

  read(reader: JsonReader, row: number): void {
    const byte = reader.peekByte()
    if (byte === 116 || byte === 102) this.append(reader.boolean(), row)
    else this.readOther(reader, row)
  }

  protected take(value: unknown, row: number): boolean {
    if (typeof value !== 'boolean') return this.refuseType(row, nameOfValue(value))
    if (row >= this.buffer.capacity) this.grow(row)
    this.buffer.data[row] = value ? 1 : 0
    this.present(row)
    return true
  }
}
