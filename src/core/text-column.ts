import type { ColumnContext } from './column-builder.js'
import { nameOfValue } from './column-builder.js'
import type { CategoryField, TextField } from './field.js'
import type { JsonReader } from './json-reader.js'
import type { KeyTable } from './key-table.js'
import { keyTable } from './key-table.js'
import { hasNul, nulIssue } from './nul-text.js'
import { ScalarColumn } from './scalar-column.js'

/** Texts and categories. Whether a category is one of those listed is for the guardrails to say. */
export class TextColumn extends ScalarColumn<TextField | CategoryField, 'string'> {
  protected readonly what = 'a string'
  /** The categories, so that a known one is taken without making a text. */
  readonly #known: KeyTable | null

  constructor(field: TextField | CategoryField, context: ColumnContext) {
    super(field, 'string', context)
    this.#known = field.kind === 'category' ? keyTable(field.categories) : null
  }

  read(reader: JsonReader, row: number): void {
    if (reader.peekByte() !== 34) return this.readOther(reader, row)
    const index = this.#known === null ? -1 : reader.stringIndex(this.#known)
    this.append(index < 0 ? reader.string() : this.#known!.names[index]!, row)
  }

  protected take(value: unknown, row: number): boolean {
    if (typeof value !== 'string') return this.refuseType(row, nameOfValue(value))
    if (hasNul(value)) return this.refuse(row, nulIssue.code, `\`${this.name}\`: ${nulIssue.message}`)
    if (row >= this.buffer.capacity) this.grow(row)
    this.buffer.data[row] = value
    this.present(row)
    return true
  }
}
