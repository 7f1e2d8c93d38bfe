/** Longest record that is read; longer ones are broken. */
export const maxRecordBytes = 16_777_216

/** What can be wrong with the form of a record of CSV. */
export type RecordFault = 'quote inside a cell' | 'text behind a closing quote' | 'quote never closed' | 'too long'

export interface ScannedRecord {
  /** Behind the record's line feed. `more`: it goes on behind the bytes. `skip`: it is too long, and ends with the next line feed. */
  readonly end: number | 'more' | 'skip'
  readonly fault: RecordFault | null
}

/**
 * Finds the end of the record of CSV that starts at `start` (RFC 4180; a quote opens only at the start of a cell). `final`: no bytes follow
 * `end`. A quoted cell that is not closed within the longest record ends with its first line: one stray quote costs one record, not the
 * rest of the file. The answer depends only on the bytes from `start` on, so that whoever cuts at such an end and reads from there agrees.
 */
export function scanRecord(bytes: Buffer, start: number, end: number, final: boolean): ScannedRecord {
  const limit = Math.min(end, start + maxRecordBytes)
  let fault: RecordFault | null = null
  let at = start
  while (at < limit) {
    if (bytes[at] === quote) {
      const closed = closingQuote(bytes, at + 1, limit)
      if (closed < 0) return unclosed({ bytes, start, end, final }, at)
      at = closed + 1
      if (!endsCell(bytes, at, end)) fault ??= 'text behind a closing quote'
    }
    for (; at < limit; at++) {
      const byte = bytes[at]
      if (byte === lineFeed) return { end: at + 1, fault }
      if (byte === comma) break
      if (byte === quote) fault ??= 'quote inside a cell'
    }
    at++
  }
  if (end - start <= maxRecordBytes) return final ? { end, fault } : { end: 'more', fault: null }
  return { end: lineEnd(bytes, start + maxRecordBytes, end, final), fault: 'too long' }
}

const quote = 34
const comma = 44
const lineFeed = 10

/** Place of the quote that closes a cell, doubled ones left aside; -1 when there is none before `end`. */
export function closingQuote(bytes: Buffer, from: number, end: number): number {
  let at = from
  for (;;) {
    // Most cells are short: a native search costs more than looking at a few bytes.
    const few = Math.min(at + 24, end)
    while (at < few && bytes[at] !== quote) at++
    if (at >= end) return -1
    if (bytes[at] !== quote) at = bytes.indexOf(quote, at)
    if (at < 0 || at >= end) return -1
    if (at + 1 >= end || bytes[at + 1] !== quote) return at
    at += 2
  }
}

interface Scanned {
  readonly bytes: Buffer
  readonly start: number
  readonly end: number
  readonly final: boolean
}

function unclosed({ bytes, start, end, final }: Scanned, opening: number): ScannedRecord {
  if (!final && end - start < maxRecordBytes) return { end: 'more', fault: null }
  return { end: lineEnd(bytes, opening, end, final), fault: 'quote never closed' }
}

function lineEnd(bytes: Buffer, from: number, end: number, final: boolean): number | 'skip' {
  const found = bytes.indexOf(lineFeed, from)
  if (found >= 0 && found < end) return found + 1
  return final ? end : 'skip'
}

function endsCell(bytes: Buffer, at: number, end: number): boolean {
  if (at >= end) return true
  const byte = bytes[at]
  return byte === comma || byte === lineFeed || (byte === 13 && (at + 1 >= end || bytes[at + 1] === lineFeed))
}
