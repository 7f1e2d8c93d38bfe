import { SlipwayError } from '../../core/errors.js'
import type { Column } from '../../core/frame.js'
import { valueText } from '../../core/json-writer.js'
import type { RepeatedTexts } from '../../core/table.js'
import { bitWidth } from './hybrid.js'
import { PlainTexts } from './plain-texts.js'
import { RunStore } from './run-store.js'
import type { EncodedValues, ValueStore } from './value-store.js'

/** Most characters of a dictionary; readers hold it in memory. */
const mostCharacters = 1_048_576

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
    const count = present === null ? end - start : countOf(present)
    const texts = column.dtype === 'string' ? (column.data as string[]) : null
    const codes = this.#varied ? null : new Uint32Array(count)
    let at = 0
    for (let i = start; i < end; i++) {
      if (present !== null && present[i - start] === 0) continue
      const text = texts === null ? valueText(column.data[i], 'null') : texts[i]!
      if (codes === null) this.#plain.append(text)
      else codes[at++] = this.#codeOf(text)
    }
    if (codes !== null) this.#add(codes)
  }

  /** Adds rows `start` to `end` of texts that repeat, those that are not null: the ones that are present. */
  appendRepeated({ values, indices }: RepeatedTexts, start: number, end: number, present: Uint8Array | null): void {
    if (this.#varied) {
      for (let i = start; i < end; i++) if (present === null || present[i - start] !== 0) this.#plain.append(values[indices[i]!]!)
      return
    }
    const mapped = new Int32Array(values.length).fill(-1)
    const codes = new Uint32Array(present === null ? end - start : countOf(present))
    let at = 0
    for (let i = start; i < end; i++) {
      if (present !== null && present[i - start] === 0) continue
      const index = indices[i]!
      let code = mapped[index]!
      if (code === -1) {
        code = this.#codeOf(values[index]!)
        mapped[index] = code
      }
      codes[at++] = code
    }
    this.#add(codes)
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

  #add(codes: Uint32Array): void {
    this.#codes.append(codes)
    const distinct = this.#dictionary.size
    if (this.#characters <= mostCharacters && distinct <= Math.max(alwaysDistinct, this.#codes.length / 4)) return
    const texts = [...this.#dictionary.keys()]
    this.#codes.forEach((code) => this.#plain.append(texts[code]!))
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
    for (const text of this.#dictionary.keys()) page.append(text)
    // Readers have trouble with codes of no bits: one text takes a bit too.
    const width = Math.max(1, bitWidth(count - 1))
    const values = [Uint8Array.of(width), this.#codes.encoded(width)]
    return { encoding: 'dictionary', dictionary: { bytes: page.take(), count }, values, range: null }
  }
}

function countOf(present: Uint8Array): number {
  let count = 0
  for (let i = 0; i < present.length; i++) count += present[i]! === 0 ? 0 : 1
  return count
}
