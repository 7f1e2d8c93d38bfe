import { byteText } from './byte-text.js'
import { carriedCell } from './carried-column.js'
import type { CellUse, RowLayout } from './row-layout.js'
import { scanNumber, type NumberEnd } from './scan-number.js'
import { closingQuote } from './scan-record.js'
import type { TableType } from '../../core/table.js'

/** What came of a record: its row is stored; its row is to be made from its texts; its form is not the plain one. */
export type Parsed = typeof stored | typeof byTexts | typeof odd
export const stored = 0
export const byTexts = 1
export const odd = 2

const skipped = 0
const numeric = 1
const other = 2
/** Numbers with bounds to be looked at. */
const bounded = 3

const comma = 44
const lineFeed = 10
const quote = 34
const carriageReturn = 13

/**
 * Reads records of CSV straight into the storage of a layout: numbers from their bytes, texts only where they are wanted. Anything that is
 * not plain is left to others: this is the fast way, and never another answer than the slow one's.
 */
export class RowParser {
  /** Behind the record parsed last, when it was not odd. */
  next = 0
  /** Carried columns whose cell did not fit, of the record parsed last. */
  readonly misfits: string[] = []
  readonly #layout: RowLayout
  readonly #types: Readonly<Record<string, TableType>>
  readonly #found: NumberEnd = { end: 0 }
  // What the loop needs of each cell, side by side.
  readonly #kinds: Uint8Array
  readonly #bases: Int32Array
  readonly #sizes: Int32Array
  readonly #low: Float64Array
  readonly #high: Float64Array
  readonly #whole: Uint8Array

  constructor(layout: RowLayout, types: Readonly<Record<string, TableType>>) {
    const { cells } = layout
    this.#layout = layout
    this.#types = types
    this.#kinds = Uint8Array.from(cells, kindOf)
    this.#bases = Int32Array.from(cells, ({ number, element }) => (number === null ? 0 : number.base + element))
    this.#sizes = Int32Array.from(cells, ({ number }) => number?.size ?? 0)
    this.#low = Float64Array.from(cells, ({ number }) => number?.rule.low ?? 0)
    this.#high = Float64Array.from(cells, ({ number }) => number?.rule.high ?? 0)
    this.#whole = Uint8Array.from(cells, ({ number }) => (number?.rule.whole === true ? 1 : 0))
  }

  /** Parses the record at `start` as row `row`. A line feed must stand at or before `bytes[end]`. */
  parse(bytes: Buffer, start: number, end: number, row: number): Parsed {
    const kinds = this.#kinds
    const last = kinds.length - 1
    const found = this.#found
    const { numbers } = this.#layout
    const bases = this.#bases
    const sizes = this.#sizes
    let at = start
    let outcome: Parsed = stored
    if (this.misfits.length > 0) this.misfits.length = 0
    for (let c = 0; ; c++) {
      const kind = kinds[c]!
      let done = false
      if ((kind & numeric) !== 0) {
        const opened = bytes[at] === quote
        const value = scanNumber(bytes, opened ? at + 1 : at, found)
        if (kind === numeric ? value === value : this.#within(c, value)) {
          let behind = found.end
          const closed = bytes[behind] === quote
          if (closed) behind++
          const byte = bytes[behind]!
          if (closed === opened && (byte === comma || byte === lineFeed || byte === carriageReturn)) {
            numbers[bases[c]! + Math.imul(row, sizes[c]!)] = value
            at = behind
            done = true
          }
        }
      }
      if (!done) {
        const from = at
        if (bytes[at] === quote) {
          const close = closingQuote(bytes, at + 1, end)
          if (close < 0) return odd
          at = close + 1
          if (kind !== skipped && !this.#take(c, unquoted(bytes, from + 1, close), true, row)) outcome = byTexts
        } else {
          let byte = bytes[at]!
          while (byte !== comma && byte !== lineFeed) {
            if (byte === quote) return odd
            byte = bytes[++at]!
          }
          if (byte === lineFeed && at > from && bytes[at - 1] === carriageReturn) at--
          if (kind !== skipped && !this.#take(c, byteText(bytes, from, at), false, row)) outcome = byTexts
        }
      }
      let byte = bytes[at]!
      if (byte === carriageReturn) byte = bytes[++at]!
      if (byte === comma ? c === last || bytes[at - 1] === carriageReturn : byte !== lineFeed || c < last) return odd
      at++
      if (byte === lineFeed) {
        this.next = Math.min(at, end)
        return outcome
      }
    }
  }

  /** Whether a number may be stored as it is; NaN is within no bounds. */
  #within(c: number, value: number): boolean {
    return value >= this.#low[c]! && value <= this.#high[c]! && (this.#whole[c] === 0 || Math.floor(value) === value)
  }

  /** Takes the text of a cell; false where the frame builder has to judge it. */
  #take(c: number, text: string, quoted: boolean, row: number): boolean {
    const use = this.#layout.cells[c]!
    if (use.carried !== null) this.#carry(use.carried.name, use, { text, quoted }, row)
    if (use.number !== null) return takeNumber(use, this.#layout.numbers, text, row)
    return use.text === null || takeText(use.text, text, row)
  }

  #carry(name: string, { carried }: CellUse, cell: { readonly text: string; readonly quoted: boolean }, row: number): void {
    if (!carried!.put(row, carriedCell(cell, this.#types[name] ?? 'text'))) this.misfits.push(name)
  }
}

function kindOf({ number, text, carried }: CellUse): number {
  if (number !== null && number.rule.direct && carried === null) return number.rule.high === Number.MAX_VALUE ? numeric : bounded
  return number === null && text === null && carried === null ? skipped : other
}

function takeNumber({ number, element }: CellUse, numbers: Float64Array, text: string, row: number): boolean {
  const { rule, base, size, optional, validity } = number!
  const value = rule.convert(text)
  if (value === undefined || (value === null && !optional)) return false
  numbers[base + row * size + element] = value ?? (rule.direct && !rule.whole ? Number.NaN : 0)
  validity[row] = value === null ? 0 : 1
  return true
}

function takeText({ field, data, optional, validity }: NonNullable<CellUse['text']>, text: string, row: number): boolean {
  const absent = field.kind === 'category' && text.trim() === ''
  if ((absent && !optional) || text.includes('\0')) return false
  data[row] = absent ? '' : text
  validity[row] = absent ? 0 : 1
  return true
}

function unquoted(bytes: Buffer, start: number, end: number): string {
  const text = byteText(bytes, start, end)
  return text.includes('"') ? text.replaceAll('""', '"') : text
}
