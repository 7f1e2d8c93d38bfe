import type { DuckDBConnection, DuckDBDataChunk, DuckDBResult } from '@duckdb/node-api'
import type { CellReader, Cells } from './cells.js'
import { interruptOn } from './interrupts.js'
import { cancelled } from './reason.js'

/** The result of a query, chunk by chunk. The next one is decoded by another thread while the caller works on the last. */
export class ResultChunks {
  readonly #connection: DuckDBConnection
  readonly #sql: string
  readonly #signal: AbortSignal | undefined

  constructor(connection: DuckDBConnection, sql: string, signal: AbortSignal | undefined) {
    this.#connection = connection
    this.#sql = sql
    this.#signal = signal
  }

  /** Each chunk as cells by column. Rejects with CANCELLED when the signal fires; nothing of the query runs on when it is over. */
  async *read(readers: readonly CellReader[]): AsyncGenerator<readonly Cells[]> {
    let next: Promise<DuckDBDataChunk | null> | null = null
    const release = interruptOn(this.#signal, this.#connection)
    try {
      const result = await this.#start()
      next = result.fetchChunk()
      for (;;) {
        const chunk = await next
        this.#check()
        next = null
        if (chunk === null || chunk.rowCount === 0) return
        next = result.fetchChunk()
        yield readers.map((read, i) => read(chunk.getColumnVector(i)))
        this.#check()
      }
    } catch (thrown) {
      this.#check(thrown)
      throw thrown
    } finally {
      if (next !== null) {
        this.#connection.interrupt()
        // Its outcome is of no use any more; a connection must not be closed under a running query.
        await next.catch(() => null)
      }
      release()
    }
  }

  async #start(): Promise<DuckDBResult> {
    this.#check()
    return this.#connection.stream(this.#sql)
  }

  #check(cause?: unknown): void {
    if (this.#signal?.aborted === true) throw cancelled(cause ?? this.#signal.reason)
  }
}
