import { cellValue, elementOf } from '../../core/csv-cell.js'
import { createFrameBuilder, type FrameBuilder } from '../../core/frame-builder.js'
import type { ReadPlan, SourceChunk } from '../../core/table.js'
import type { ByteWindow } from './byte-window.js'
import { carriedCell } from './carried-column.js'
import { ChunkRecords } from './chunk-records.js'
import { skipBlankLines } from './csv-header.js'
import type { ResolvedColumns } from './resolve-columns.js'
import { rowLayout, type RowLayout } from './row-layout.js'
import { byTexts, odd, RowParser, stored } from './row-parser.js'
import { maxRecordBytes, scanRecord, type RecordFault } from './scan-record.js'
import { splitCells, type Cell } from './split-cells.js'

/** Why a chunk ended: it is full; the next record goes on behind the window; the rest of a record must be skipped. */
export type ChunkStop = 'full' | 'more' | 'skip'

/** Makes chunks of the records of CSV in a window. Plain rows go into the frame in runs, all others one by one by their texts. */
export class CsvChunker {
  readonly #names: readonly string[]
  readonly #resolved: ResolvedColumns
  readonly #plan: ReadPlan
  readonly #layout: RowLayout
  readonly #parser: RowParser
  readonly #builder: FrameBuilder
  readonly #records: ChunkRecords
  /** Row after the last one that the builder has. */
  #built = 0

  constructor(names: readonly string[], resolved: ResolvedColumns, plan: ReadPlan) {
    this.#names = names
    this.#resolved = resolved
    this.#plan = plan
    this.#layout = rowLayout(names, resolved, plan)
    this.#parser = new RowParser(this.#layout, plan.types)
    this.#builder = createFrameBuilder(plan.fields, plan.policy)
    this.#records = new ChunkRecords(plan)
  }

  /** Takes records from the window until the chunk is full or the window has no whole one. */
  take(window: ByteWindow): ChunkStop {
    this.#reset()
    const { bytes, filled, complete } = window
    const end = complete ? filled : bytes.subarray(0, filled).lastIndexOf(10) + 1
    while (!this.#records.full) {
      skipBlankLines(window)
      const start = window.at
      if (start >= filled) return 'more'
      const row = this.#records.rows
      const parsed = start < end ? this.#parser.parse(bytes, start, end, row) : odd
      if (parsed === odd || this.#parser.next - start > maxRecordBytes) {
        const stop = this.#takeOdd(window, row)
        if (stop !== null) return stop
      } else if (!window.validUtf8(this.#parser.next))
        this.#refuse(window, this.#parser.next, 'INVALID_UTF8', 'the record is not valid UTF-8')
      else {
        const { next } = this.#parser
        this.#records.row(start, next)
        if (parsed === byTexts || !this.#layout.direct) this.#appendTexts(row, splitCells(bytes, start, next))
        else if (parsed === stored && this.#parser.misfits.length > 0) this.#records.misfits(row, this.#parser.misfits)
        window.at = next
      }
    }
    return 'full'
  }

  /** The chunk that was taken; null when it has no records. `bytes` are those that the records are in. */
  chunk(bytes: Buffer): SourceChunk | null {
    this.#flush(this.#records.rows)
    return this.#records.chunk(bytes, this.#builder, this.#layout.carried)
  }

  #reset(): void {
    this.#built = 0
    this.#builder.reset()
    this.#records.reset()
    for (const column of this.#layout.carried) column.reset()
    this.#layout.reset()
  }

  /** A record that is not plain: broken, or at least to be looked at cell by cell. */
  #takeOdd(window: ByteWindow, row: number): ChunkStop | null {
    const { bytes, at, filled, complete } = window
    const { end, fault } = scanRecord(bytes, at, filled, complete)
    if (end === 'more') return 'more'
    if (fault !== null) {
      const code = fault === 'too long' ? 'PAYLOAD_TOO_LARGE' : 'ROW_MALFORMED'
      this.#refuse(window, end === 'skip' ? filled : end, code, describeFault(fault))
      return end === 'skip' ? 'skip' : null
    }
    const last = end as number
    if (!window.validUtf8(last)) this.#refuse(window, last, 'INVALID_UTF8', 'the record is not valid UTF-8')
    else {
      const cells = splitCells(bytes, at, last)
      if (cells.length === this.#names.length) {
        this.#records.row(at, last)
        this.#appendTexts(row, cells)
        window.at = last
      } else this.#refuse(window, last, 'ROW_MALFORMED', `expected ${this.#names.length} cells, the record has ${cells.length}`)
    }
    return null
  }

  #refuse(window: ByteWindow, end: number, ...[code, message]: readonly [BrokenCode, string]): void {
    this.#records.broken(window.bytes, [window.at, end], code, message)
    this.#layout.clear(this.#records.rows)
    window.at = end
  }

  /** Hands the run of plain rows before `row` to the builder. */
  #flush(row: number): void {
    const length = row - this.#built
    if (length > 0) this.#builder.appendFrame({ frame: { length, columns: this.#layout.columns(this.#built, row) }, issues: [] })
    this.#built = row
  }

  #appendTexts(row: number, cells: readonly Cell[]): void {
    this.#flush(row)
    this.#builder.appendRow(this.#valuesOf(cells))
    this.#built = row + 1
    const misfits: string[] = []
    for (const column of this.#layout.carried) {
      const cell = cells[this.#resolved.carry.get(column.name)!]!
      if (!column.put(row, carriedCell(cell, this.#plan.types[column.name] ?? 'text'))) misfits.push(column.name)
    }
    this.#records.misfits(row, misfits)
  }

  #valuesOf(cells: readonly Cell[]): Record<string, unknown> {
    const row = Object.create(null) as Record<string, unknown>
    const { inputs, elements } = this.#resolved
    const { fields } = this.#plan
    if (elements !== null) {
      const [[name, field]] = Object.entries(fields) as [[string, (typeof fields)[string]]]
      row[name] = elements.map((index) => elementOf(cells[index]!.text, field))
    }
    for (const [name, index] of inputs) if (index >= 0) row[name] = cellValue(cells[index]!.text, fields[name]!)
    return row
  }
}

type BrokenCode = 'ROW_MALFORMED' | 'PAYLOAD_TOO_LARGE' | 'INVALID_UTF8'

function describeFault(fault: RecordFault): string {
  switch (fault) {
    case 'quote inside a cell':
      return 'a quote stands inside a cell that does not begin with one'
    case 'text behind a closing quote':
      return 'text follows a closing quote; a quote inside a quoted cell must be doubled'
    case 'quote never closed':
      return 'a quoted cell is not closed; the record is taken to end with its line'
    case 'too long':
      return 'the record is longer than 16 MiB'
  }
}
