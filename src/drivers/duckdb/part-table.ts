import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api'
import type { Column } from '../../core/frame.js'
import type { OutputBatch, OutputColumn, RepeatedTexts } from '../../core/table.js'
import type { Duckdb } from './load-duckdb.js'
import { storedColumn } from './output-types.js'
import type { StoredColumn } from './output-types.js'
import { name } from './sql-text.js'
import { writeCodes, writeColumn } from './write-vector.js'

/** Rows of one vector of DuckDB. */
const vectorRows = 2048

/** The rows of one partition in a table in memory; its columns are made for the first batch. */
export class PartTable {
  readonly #connection: DuckDBConnection
  readonly #duckdb: Duckdb
  readonly #columns: readonly OutputColumn[]
  readonly #table: string
  #appender: DuckDBAppender | null = null
  #stored: readonly StoredColumn[] = []
  #texts: readonly (TextCodes | null)[] = []

  constructor(connection: DuckDBConnection, duckdb: Duckdb, columns: readonly OutputColumn[], table: string) {
    this.#connection = connection
    this.#duckdb = duckdb
    this.#columns = columns
    this.#table = table
  }

  async append(batch: OutputBatch): Promise<void> {
    const appender = (this.#appender ??= await this.#create(batch.columns.map(isRepeated)))
    const codes = batch.columns.map((column, i) => (isRepeated(column) ? this.#texts[i]!.codesOf(column) : null))
    const { DuckDBDataChunk } = this.#duckdb
    const types = this.#stored.map(({ type }) => type)
    for (let start = 0; start < batch.length; start += vectorRows) {
      const count = Math.min(vectorRows, batch.length - start)
      const chunk = DuckDBDataChunk.create(types, count)
      for (const [i, column] of batch.columns.entries()) {
        const vector = chunk.getColumnVector(i)
        if (codes[i] != null) writeCodes(vector, codes[i].subarray(start, start + count))
        else writeColumn(vector, column as Column, this.#stored[i]!, { start, count }, this.#duckdb)
      }
      appender.appendDataChunk(chunk)
    }
  }

  /** The rows as the file is to hold them; nothing can be appended after it. */
  async query(): Promise<string> {
    const appender = (this.#appender ??= await this.#create(this.#columns.map(() => false)))
    appender.flushSync()
    appender.closeSync()
    const columns = this.#stored.map((stored, i) => `${stored.select(`c${i}`, this.#texts[i]?.texts ?? [])} AS ${name(stored.column.name)}`)
    return `SELECT ${columns.join(', ')} FROM ${this.#table}`
  }

  async drop(): Promise<void> {
    await this.#connection.run(`DROP TABLE IF EXISTS ${this.#table}`)
  }

  async #create(repeated: readonly boolean[]): Promise<DuckDBAppender> {
    this.#stored = this.#columns.map((column, i) => storedColumn(column, repeated[i]!, this.#duckdb))
    this.#texts = repeated.map((is) => (is ? new TextCodes() : null))
    const columns = this.#stored.map(({ type }, i) => `c${i} ${String(type)}`)
    await this.#connection.run(`CREATE OR REPLACE TEMP TABLE ${this.#table} (${columns.join(', ')})`)
    return this.#connection.createAppender(this.#table)
  }
}

function isRepeated(column: Column | RepeatedTexts): column is RepeatedTexts {
  return 'indices' in column
}

/** Texts of a partition by code: batches have tables of their own. */
class TextCodes {
  readonly texts: (string | null)[] = []
  readonly #codes = new Map<string | null, number>()

  codesOf(column: RepeatedTexts): Uint32Array {
    const mapped = Uint32Array.from(column.values, (value) => this.#codeOf(value))
    const { indices } = column
    const codes = new Uint32Array(indices.length)
    for (let i = 0; i < indices.length; i++) codes[i] = mapped[indices[i]!]!
    return codes
  }

  #codeOf(value: string | null): number {
    const known = this.#codes.get(value)
    if (known !== undefined) return known
    this.#codes.set(value, this.texts.length)
    return this.texts.push(value) - 1
  }
}
