import { isUtf8 } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import { SlipwayError } from '../../core/errors.js'
import type { InputFile } from '../../core/table.js'
import { ByteWindow } from './byte-window.js'
import { scanRecord } from './scan-record.js'
import { splitCells } from './split-cells.js'
import { textStart } from './text-file.js'

/** The first line of a file of CSV. */
export interface CsvHeader {
  readonly names: readonly string[]
  /** Where the records begin. */
  readonly end: number
}

/** Reads the header; null for a file without any. SOURCE_INVALID for what is no CSV, SOURCE_SCHEMA for names that are empty or there twice. */
export async function readHeader(handle: FileHandle, file: InputFile): Promise<CsvHeader | null> {
  const window = new ByteWindow(handle, { start: await textStart(handle, file), end: file.bytes, name: file.name })
  await window.fill()
  skipBlankLines(window)
  for (;;) {
    if (window.at >= window.filled) return null
    const { bytes, at, filled } = window
    const { end, fault } = scanRecord(bytes, at, filled, window.complete)
    if (end === 'more') {
      await window.fill()
      continue
    }
    if (fault !== null || end === 'skip') throw new SlipwayError('SOURCE_INVALID', `the header of ${file.name} is broken: ${fault}`)
    if (!isUtf8(bytes.subarray(at, end))) throw new SlipwayError('SOURCE_INVALID', `the header of ${file.name} is not UTF-8 text`)
    const names = splitCells(bytes, at, end).map(({ text }) => text)
    checkNames(names, file)
    return { names, end: window.offset + end }
  }
}

/** Moves behind line ends; they are no records. */
export function skipBlankLines(window: ByteWindow): void {
  const { bytes, filled, complete } = window
  for (;;) {
    const { at } = window
    if (at < filled && bytes[at] === 10) window.at++
    else if (at < filled && bytes[at] === 13 && bytes[at + 1] === 10 && (complete || at + 1 < filled)) window.at = Math.min(at + 2, filled)
    else return
  }
}

function checkNames(names: readonly string[], file: InputFile): void {
  if (names.some((name) => name.includes('\r'))) {
    throw new SlipwayError('SOURCE_INVALID', `the lines of ${file.name} end with a carriage return alone; make them end with a line feed`)
  }
  const empty = names.findIndex((name) => name.trim() === '')
  if (empty >= 0) {
    const hint = empty === 0 ? ' (pandas writes its index so: use `to_csv(index=False)`)' : ''
    throw new SlipwayError('SOURCE_SCHEMA', `column ${empty + 1} of ${file.name} has no name${hint}`)
  }
  const twice = names.find((name, i) => names.indexOf(name) < i)
  if (twice !== undefined) throw new SlipwayError('SOURCE_SCHEMA', `${file.name} has two columns ${JSON.stringify(twice)}`)
}
