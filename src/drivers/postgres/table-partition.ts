import { createHash } from 'node:crypto'
import type { PoolClient } from 'pg'
import type { OutputBatch, Partition, PartitionRecord, PartitionWriter, RefusedRow } from '../../core/table.js'
import { CallerFault, callersOwn } from './caller-fault.js'
import { CopyWriter, copyNull } from './copy-text.js'
import type { Database } from './database.js'
import { quote } from './identifier.js'
import { KeyedLoad } from './keyed-load.js'
import { CellFault, cellWriter, type CellWriter } from './table-cells.js'
import type { TableTarget } from './table-catalog.js'

/** Opens a partition on a connection of its own: its rows and its record go into one transaction. */
export async function openTablePartition(database: Database, target: TableTarget, partition: Partition): Promise<PartitionWriter> {
  const client = await database.connect()
  try {
    await client.query('BEGIN')
    return new TablePartition(database, client, target, partition)
  } catch (error) {
    client.release(true)
    throw database.failed(error)
  }
}

/** Where lines go: straight into the table, or through a load that looks for keys that repeat. */
type Lines = CopyWriter | KeyedLoad

class TablePartition implements PartitionWriter {
  readonly #database: Database
  readonly #client: PoolClient
  readonly #target: TableTarget
  readonly #partition: Partition
  readonly #lines: Lines
  readonly #hash = createHash('sha256')
  readonly #refused: RefusedRow[] = []
  /** Numbers of the rows that were taken, by their place in the load; of keyed tables alone. */
  readonly #taken: number[] = []
  #open = true

  constructor(database: Database, client: PoolClient, target: TableTarget, partition: Partition) {
    this.#database = database
    this.#client = client
    this.#target = target
    this.#partition = partition
    const { staging: table, columnNames: columns, key } = target
    this.#lines =
      key === null
        ? new CopyWriter(client.query(database.copyFrom(`COPY ${table} (${columns}) FROM STDIN`)))
        : new KeyedLoad(database, client, { table, columns, key: quote(key.name) })
  }

  async write(batch: OutputBatch): Promise<void> {
    const { columns, key } = this.#target
    const writers = columns.map((spec, i) => cellWriter(spec, batch.columns[i]!))
    const keyAt = key === null ? -1 : columns.indexOf(key)
    let lines = ''
    for (let row = 0; row < batch.length; row++) {
      const line = this.#line(writers, keyAt, row, batch.rowNumbers[row]!)
      if (line === null) continue
      if (key !== null) this.#taken.push(batch.rowNumbers[row]!)
      lines += line
    }
    const bytes = Buffer.from(lines)
    this.#hash.update(bytes)
    try {
      await this.#lines.write(bytes)
    } catch (error) {
      throw this.#database.failed(error)
    }
  }

  async commit(makeRecord: Parameters<PartitionWriter['commit']>[0]): Promise<PartitionRecord> {
    const { run, name } = this.#target
    let record: PartitionRecord
    try {
      if (this.#lines instanceof KeyedLoad) this.#refuse((await this.#lines.insert()).repeated)
      else await this.#lines.end()
      this.#refused.sort((one, other) => one.row - other.row)
      record = await callersOwn(makeRecord(this.#refused, { bytes: 0, checksum: `sha256:${this.#hash.digest('hex')}` }))
      await this.#client.query(`INSERT INTO slipway.partitions (run, target, index, record) VALUES ($1, $2, $3, $4)`, [
        run,
        name,
        this.#partition.index,
        JSON.stringify(record),
      ])
      await this.#client.query('COMMIT')
    } catch (error) {
      await this.abort()
      throw error instanceof CallerFault ? error.cause : this.#database.failed(error)
    }
    this.#close()
    return record
  }

  async abort(): Promise<void> {
    // Ending the connection takes everything back.
    this.#close(true)
  }

  #close(broken?: true): void {
    if (!this.#open) return
    this.#open = false
    this.#client.release(broken)
  }

  /** A row as a line of COPY; null when it is refused. */
  #line(writers: readonly CellWriter[], keyAt: number, row: number, number: number): string | null {
    let line = ''
    for (let i = 0; i < writers.length; i++) {
      const cell = this.#cell(writers[i]!, i, row, number)
      if (cell === null) return null
      if (i === keyAt && cell === copyNull) {
        this.#refused.push({ row: number, code: 'KEY_MISSING', message: `the key \`${this.#target.columns[i]!.name}\` is null` })
        return null
      }
      line += i === 0 ? cell : `\t${cell}`
    }
    return `${line}\n`
  }

  #cell(write: CellWriter, column: number, row: number, number: number): string | null {
    try {
      return write(row)
    } catch (error) {
      if (!(error instanceof CellFault)) throw error
      this.#refused.push({ row: number, code: 'ROW_MALFORMED', message: `\`${this.#target.columns[column]!.name}\` is ${error.message}` })
      return null
    }
  }

  #refuse(repeated: readonly Record<string, unknown>[]): void {
    const { name } = this.#target.key!
    for (const row of repeated) {
      const number = this.#taken[row['place'] as number]!
      this.#refused.push({ row: number, code: 'KEY_DUPLICATE', message: `the key \`${String(row[name])}\` is in the table already` })
      // What is left out is part of what was written.
      this.#hash.update(`-${number}`)
    }
  }
}
