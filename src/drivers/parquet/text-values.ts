import { SlipwayError } from '../../core/errors.js'
import type { Column } from '../../core/frame.js'
import { valueText } from '../../core/json-writer.js'
import type { RepeatedTexts } from '../../core/table.js'
import { bitWidth } from './hybrid.js'
import { PlainTexts } from './plain-texts.js'
import { isConstant, RunStore } from './run-store.js'
import type { EncodedValues, ValueStore } from './value-store.js'

/** Most characters of a dictionary; readers hold it in memory. */
const mostCharacters = 1_048_576

/** Up to so many texts of a batch all go into the dictionary, whether a row has them or not. */
const mostMapped = 1024

/** Distinct texts that a dictionary may always have. */
const alwaysDistinct = 2048

/**
 * Texts, by a dictionary while few are distinct (Encodings.md, "Dictionary Encoding": PLAIN in its page, RLE_DICTIONARY for the codes), each
 * for itself once the dictionary is over 1 MiB or has more than a quarter of the rows. A column that once was too varied stays plain.
 */
export class TextValues implements ValueStore {
  readonly #dictionary = new Map<string, number>()
  readonly #codes = new RunStore(32)
  readonly #plain = new PlainTexts()
  #characters = 0
  #varied = false

  get bytes(): number {
    return this.#varied ? this.#plain.length : this.#characters + this.#codes.length
  }

  append(column: Column, start: number, end: number, present: Uint8Array | null): void {
    if (column.dtype !== 'string' && column.dtype !== 'object') throw new SlipwayError('INTERNAL', `${column.dtype} in a column of texts`)
    const texts = textsOf(column, start, end, present)
    if (this.#varied) this.#plain.appendAll(texts)
    else {
      // A loop, as `from` goes by an iterator.
      const codes = new Uint32Array(texts.length)
      for (let i = 0; i < codes.length; i++) codes[i] = this.#codeOf(texts[i]!)
      this.#codes.append(codes)
      this.#bound()
    }
  }

  /** Adds rows `start` to `end` of texts that repeat, those that are not null: the ones that are present. */
  appendRepeated({ values, indices }: RepeatedTexts, start: number, end: number, present: Uint8Array | null): void {
    if (this.#varied || values.length > mostMapped) {
      const texts = Array.from(indices.subarray(start, end), (index) => values[index] ?? '')
      this.append({ dtype: 'string', shape: [], data: texts, validity: null }, 0, end - start, present)
      return
    }
    const mapped = Uint32Array.from(values, (value) => (value === null ? 0 : this.#codeOf(value)))
    const only = present === null && isConstant(indices, start, end)
    if (only) this.#codes.appendRun(mapped[indices[start]!]!, end - start)
    else this.#codes.append(codesOf(indices, mapped, { start, end, present }))
    this.#bound()
  }

  take(): EncodedValues {
    const encoded = this.#varied || this.#codes.length === 0 ? this.#plainValues() : this.#dictionaryValues()
    this.#dictionary.clear()
    this.#codes.clear()
    this.#characters = 0
    return encoded
  }

  #codeOf(text: string): number {
    const known = this.#dictionary.get(text)
    if (known !== undefined) return known
    const code = this.#dictionary.size
    this.#dictionary.set(text, code)
    this.#characters += text.length
    return code
  }

  /** Gives the dictionary up once it is too large. */
  #bound(): void {
    const distinct = this.#dictionary.size
    if (this.#characters <= mostCharacters && distinct <= Math.max(alwaysDistinct, this.#codes.length / 4)) return
    const texts = [...this.#dictionary.keys()]
    const rows: string[] = []
    this.#codes.forEach((code) => rows.push(texts[code]!))
    this.#plain.appendAll(rows)
    this.#varied = true
    this.#dictionary.clear()
    this.#codes.clear()
  }

  #plainValues(): EncodedValues {
    return { encoding: 'plain', dictionary: null, values: [this.#plain.take()], range: null }
  }

  #dictionaryValues(): EncodedValues {
    const count = this.#dictionary.size
    const page = new PlainTexts()
    page.appendAll([...this.#dictionary.keys()])
    // Readers have trouble with codes of no bits: one text takes a bit too.
    const width = Math.max(1, bitWidth(count - 1))
    const values = [Uint8Array.of(width), this.#codes.encoded(width)]
    return { encoding: 'dictionary', dictionary: { bytes: page.take(), count }, values, range: null }
  }
}

function textsOf({ data, dtype }: Column, start: number, end: number, present: Uint8Array | null): readonly string[] {
  const all = data as readonly unknown[]
  const values = start === 0 && end === all.length ? all : all.slice(start, end)
  const given = present === null ? values : values.filter((_, i) => present[i] !== 0)
  return dtype === 'string' ? (given as readonly string[]) : given.map((value) => valueText(value, 'null'))
}

interface Rows {
  readonly start: number
  readonly end: number
  readonly present: Uint8Array | null
}

function codesOf(indices: RepeatedTexts['indices'], mapped: Uint32Array, { start, end, present }: Rows): Uint32Array {
  const count = present === null ? end - start : countOf(present)
  const codes = new Uint32Array(count)
  let at = 0
  if (present === null) for (let i = start; i < end; i++) codes[at++] = mapped[indices[i]!]!
  else for (let i = start; at < count; i++) if (present[i - start] !== 0) codes[at++] = mapped[indices[i]!]!
  return codes
}

function countOf(present: Uint8Array): number {
  let count = 0
  for (let i = 0; i < present.length; i++) if (present[i] !== 0) count++
  return count
}
