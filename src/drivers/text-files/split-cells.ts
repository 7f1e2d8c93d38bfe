import { byteText } from './byte-text.js'
import { closingQuote } from './scan-record.js'

/** A cell as text; a quoted empty one is told from one that is not there. */
export interface Cell {
  readonly text: string
  readonly quoted: boolean
}

/** The cells of one record of CSV whose form is right; `end` is behind its line end. */
export function splitCells(bytes: Buffer, start: number, end: number): Cell[] {
  const cells: Cell[] = []
  const last = withoutLineEnd(bytes, start, end)
  let at = start
  for (;;) {
    const quoted = at < last && bytes[at] === 34
    const from = quoted ? at + 1 : at
    const to = quoted ? closingQuote(bytes, from, last) : cellEnd(bytes, at, last)
    const text = byteText(bytes, from, to)
    cells.push({ text: quoted ? text.replaceAll('""', '"') : text, quoted })
    at = quoted ? to + 1 : to
    if (at >= last) return cells
    at++
  }
}

function withoutLineEnd(bytes: Buffer, start: number, end: number): number {
  let last = end
  if (last > start && bytes[last - 1] === 10) last--
  return last > start && bytes[last - 1] === 13 ? last - 1 : last
}

function cellEnd(bytes: Buffer, from: number, last: number): number {
  const comma = bytes.indexOf(44, from)
  return comma < 0 || comma > last ? last : comma
}
