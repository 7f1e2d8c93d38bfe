import { ColumnBuilder } from './column-builder.js'
import type { SchemaField } from './field.js'
import { runSchemaOnRow } from './field-schema.js'
import type { Column } from './frame.js'
import type { JsonReader } from './json-reader.js'

/** Outputs of a bare Standard Schema, kept as they are. The schema sees absent values too, so that its defaults hold. */
export class SchemaColumn extends ColumnBuilder<SchemaField> {
  protected readonly what = 'a value'
  #data: unknown[] = []

  read(reader: JsonReader, row: number): void {
    this.readWhole(reader, row)
  }

  /** undefined or null where the row has no value: absent unless the schema makes something of it. */
  override append(value: unknown, row: number): void {
    const result = runSchemaOnRow(this.field.schema, value)
    if (result.issue === null) {
      if (result.value === undefined || result.value === null) this.absent(row)
      else this.#put(result.value, row)
    } else if (value === undefined || value === null) super.missing(row)
    else this.refuse(row, 'INPUT_SCHEMA', `\`${this.name}\`: ${result.issue}`)
  }

  override missing(row: number): void {
    this.append(undefined, row)
  }

  protected take(value: unknown, row: number): boolean {
    this.#put(value, row)
    return true
  }

  protected blank(row: number): void {
    this.#data[row] = null
  }

  protected copy(column: Column, count: number, row: number): void {
    for (let i = 0; i < count; i++) this.#data[row + i] = (column.data as unknown[])[i]
  }

  truncate(rows: number): void {
    this.#data.length = Math.min(this.#data.length, rows)
  }

  reset(): void {
    this.#data = []
    this.clearValidity()
  }

  build(rows: number): Column<'object'> {
    return { dtype: 'object', shape: [], data: this.#data.slice(0, rows), validity: this.validityView(rows) }
  }

  #put(value: unknown, row: number): void {
    this.#data[row] = value
    this.present(row)
  }
}
