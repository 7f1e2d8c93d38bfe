import { createHash } from 'node:crypto'
import { SlipwayError } from '../../core/errors.js'
import type { OutputBatch, OutputColumn, Partition, PartitionRecord, PartitionWriter, RefusedRow } from '../../core/table.js'
import { beginWriting, isConstraint, rollBack, sqliteFailure } from './locked.js'
import type { Database, Statement } from './open-database.js'
import { cellsOf, type Cell } from './output-cells.js'
import { quote } from './table-info.js'

/** Values of one insert at most; more make it no faster. */
const insertValues = 512

export interface TableWriterOptions {
  readonly database: Database
  readonly table: string
  readonly columns: readonly OutputColumn[]
  readonly waitMs: number
  /** Writes the record down, inside the transaction. */
  readonly keep: (record: PartitionRecord) => void
}

/** Writes the rows of one partition, and its record, in one transaction that begins with the first rows. */
export class TableWriter implements PartitionWriter {
  readonly #options: TableWriterOptions
  readonly #partition: Partition
  readonly #key: number
  readonly #rowsAtOnce: number
  readonly #hash = createHash('sha256')
  readonly #refused: RefusedRow[] = []
  #statements: { readonly many: Statement; readonly one: Statement } | null = null
  #state: 'new' | 'writing' | 'ended' = 'new'

  constructor(options: TableWriterOptions, partition: Partition) {
    this.#options = options
    this.#partition = partition
    this.#key = options.columns.findIndex(({ key }) => key === true)
    this.#rowsAtOnce = Math.max(1, Math.floor(insertValues / options.columns.length))
  }

  async write(batch: OutputBatch): Promise<void> {
    await this.#begin()
    try {
      this.#insert(batch)
    } catch (error) {
      await this.abort()
      throw sqliteFailure(error, 'SINK_FAILED')
    }
  }

  async commit(makeRecord: Parameters<PartitionWriter['commit']>[0]): Promise<PartitionRecord> {
    await this.#begin()
    try {
      const record = await makeRecord(this.#refused, { bytes: 0, checksum: `sha256:${this.#hash.digest('hex')}` })
      this.#store(record)
      return record
    } catch (error) {
      await this.abort()
      throw error
    }
  }

  async abort(): Promise<void> {
    if (this.#state === 'writing') rollBack(this.#options.database)
    this.#state = 'ended'
  }

  async #begin(): Promise<void> {
    if (this.#state === 'ended') throw new SlipwayError('SINK_FAILED', `the partition ${this.#partition.index} was ended`)
    if (this.#state === 'writing') return
    const { database, waitMs } = this.#options
    await beginWriting(database, waitMs, 'SINK_FAILED')
    this.#state = 'writing'
  }

  #store(record: PartitionRecord): void {
    try {
      this.#options.keep(record)
      this.#options.database.exec('COMMIT')
      this.#state = 'ended'
    } catch (error) {
      throw sqliteFailure(error, 'SINK_FAILED')
    }
  }

  #insert({ columns, length, rowNumbers }: OutputBatch): void {
    const cells = columns.map((column, i) => cellsOf(column, this.#options.columns[i]!))
    let rows: Cell[][] = []
    let numbers: number[] = []
    for (let row = 0; row < length; row++) {
      const values = cells.map((cell) => cell(row))
      if (this.#key >= 0 && values[this.#key] === null) {
        this.#refused.push({ row: rowNumbers[row]!, code: 'KEY_MISSING', message: `the row has no ${this.#keyName()}` })
        continue
      }
      rows.push(values)
      numbers.push(rowNumbers[row]!)
      if (rows.length < this.#rowsAtOnce) continue
      this.#insertRows(rows, numbers)
      rows = []
      numbers = []
    }
    this.#insertRows(rows, numbers)
  }

  #insertRows(rows: readonly Cell[][], numbers: readonly number[]): void {
    const { many, one } = (this.#statements ??= this.#prepare())
    if (rows.length === this.#rowsAtOnce && this.#fits(many, rows.flat())) {
      for (const row of rows) this.#hashRow(row)
      return
    }
    for (const [i, row] of rows.entries()) {
      if (this.#fits(one, row)) this.#hashRow(row)
      else
        this.#refused.push({
          row: numbers[i]!,
          code: 'KEY_DUPLICATE',
          message: `the ${this.#keyName()} \`${row[this.#key]}\` is there already`,
        })
    }
  }

  /** False when a key is there already: nothing of the statement is stored then. */
  #fits(statement: Statement, values: readonly Cell[]): boolean {
    try {
      statement.run(values)
      return true
    } catch (error) {
      if (this.#key >= 0 && isConstraint(error)) return false
      throw error
    }
  }

  #hashRow(row: readonly Cell[]): void {
    this.#hash.update(`${row.join('\u001f')}\n`)
  }

  #prepare(): { readonly many: Statement; readonly one: Statement } {
    const { database, table, columns } = this.#options
    const into = `INSERT INTO ${quote(table)} (${columns.map(({ name }) => quote(name)).join(', ')}) VALUES `
    const row = `(${columns.map(() => '?').join(', ')})`
    const rows = Array<string>(this.#rowsAtOnce).fill(row).join(', ')
    return { many: database.prepare(into + rows), one: database.prepare(into + row) }
  }

  #keyName(): string {
    return this.#options.columns[this.#key]?.name ?? 'key'
  }
}
