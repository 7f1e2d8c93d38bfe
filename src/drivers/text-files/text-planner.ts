import type { FileHandle } from 'node:fs/promises'
import { SlipwayError } from '../../core/errors.js'
import type { InputFile, Partition, TablePlanner } from '../../core/table.js'
import { ByteWindow } from './byte-window.js'
import { readHeader, skipBlankLines } from './csv-header.js'
import { scanRecord } from './scan-record.js'
import { openText, textStart } from './text-file.js'

/** Records whose mean length tells how many bytes a number of rows takes. */
const sampleRecords = 1000

/**
 * Cuts files of CSV and JSON lines into ranges of bytes that start and end between records. Files of CSV are read once for their quotes;
 * memory stays the same whatever their size.
 */
export function createTextPlanner(): TablePlanner {
  return { partitions: cutFile }
}

async function* cutFile(file: InputFile, fileIndex: number, firstIndex: number, rows: number): AsyncGenerator<Partition> {
  const handle = await openText(file)
  try {
    const window = await atFirstRecord(handle, file)
    if (window === null) return
    if (file.format === 'jsonl' && window.bytes[window.at] === 91) {
      throw new SlipwayError('SOURCE_INVALID', `${file.name} is a JSON array, where one object a line was expected`)
    }
    const bytes = Math.max(1, Math.round(rows * (await meanLength(window, file))))
    let start = window.offset + window.at
    for (let index = firstIndex; start < file.bytes; index++) {
      const end = await (file.format === 'csv' ? csvCut(window, start + bytes) : lineCut(window, start + bytes, file.bytes))
      yield { index, file: fileIndex, start, end }
      start = end
    }
  } finally {
    await handle.close()
  }
}

/** A window that stands at the first record; null when there is none. */
async function atFirstRecord(handle: FileHandle, file: InputFile): Promise<ByteWindow | null> {
  const start = file.format === 'csv' ? (await readHeader(handle, file))?.end : await textStart(handle, file)
  if (start === undefined) return null
  const window = new ByteWindow(handle, { start, end: file.bytes, name: file.name })
  for (;;) {
    await window.fill()
    skipBlankLines(window)
    if (window.at < window.filled) return window
    if (window.complete) return null
  }
}

/** Bytes of a record in the mean of the first ones. The window stays where it is. */
async function meanLength(window: ByteWindow, file: InputFile): Promise<number> {
  let at = window.at
  let count = 0
  while (count < sampleRecords && at < window.filled) {
    const end = recordEnd(window, at, file)
    if (typeof end !== 'number') break
    at = end
    count++
  }
  if (count > 0) return (at - window.at) / count
  return window.filled - window.at
}

function recordEnd({ bytes, filled, complete }: ByteWindow, at: number, { format }: InputFile): number | 'more' | 'skip' {
  if (format === 'csv') return scanRecord(bytes, at, filled, complete).end
  const found = bytes.indexOf(10, at)
  return found >= 0 && found < filled ? found + 1 : 'more'
}

/** The first start of a line from `place` on. */
async function lineCut(window: ByteWindow, place: number, end: number): Promise<number> {
  if (place > end) return end
  window.seek(place - 1)
  await window.skipLine()
  return window.offset + window.at
}

/** The first start of a record of CSV from `place` on; the window stands at an earlier one. */
async function csvCut(window: ByteWindow, place: number): Promise<number> {
  for (;;) {
    const { bytes, filled } = window
    if (window.at === filled && !window.complete) {
      await window.fill()
      continue
    }
    if (window.at === filled || window.offset + window.at >= place) return window.offset + window.at
    const quote = bytes.indexOf(34, window.at)
    const plain = quote < 0 || quote > filled ? filled : quote
    if (skipPlain(window, plain, place - window.offset)) continue
    if (window.at === filled) continue
    const { end } = scanRecord(bytes, window.at, filled, window.complete)
    if (end === 'skip') {
      window.at = filled
      await window.skipLine()
    } else if (end === 'more') await window.fill()
    else window.at = end
  }
}

/** Moves over the records before `plain`, the next quote, as far as `place`; true when it came there. */
function skipPlain(window: ByteWindow, plain: number, place: number): boolean {
  const { bytes, at } = window
  if (place <= plain) {
    const found = bytes.indexOf(10, Math.max(place - 1, at))
    if (found >= 0 && found < plain) {
      window.at = found + 1
      return true
    }
  }
  const last = plain === 0 ? -1 : bytes.lastIndexOf(10, plain - 1)
  if (last >= at) window.at = last + 1
  return false
}
