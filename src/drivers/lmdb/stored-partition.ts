import type { Database } from 'lmdb'
import { SlipwayError } from '../../core/errors.js'
import { RowHash } from '../../core/row-hash.js'
import { storedKeyFault } from '../../core/stored-key.js'
import type { StoredPartitionWriter, StoredRow } from '../../core/stored-sets.js'
import type { PartitionRecord, RefusedRow } from '../../core/table.js'

export interface LmdbPartitionOptions {
  readonly rows: Database<string, string>
  /** Throws when the partition may not be written (any more). */
  readonly check: () => void
  /** Writes the record down, inside the transaction. */
  readonly keep: (record: PartitionRecord) => void
}

/**
 * A partition of a set. A write transaction of LMDB belongs to one thread and cannot wait for anything, so the rows are kept until `commit`,
 * which knows from a read which keys are there already, asks for the record, and then writes all at once.
 */
export class LmdbPartition implements StoredPartitionWriter {
  readonly #options: LmdbPartitionOptions
  readonly #refused: RefusedRow[] = []
  readonly #hash = new RowHash()
  #rows: StoredRow[] = []
  #keys = new Set<string>()
  #ended = false

  constructor(options: LmdbPartitionOptions) {
    this.#options = options
    options.rows.resetReadTxn()
  }

  async write(rows: readonly StoredRow[]): Promise<void> {
    if (this.#ended) throw new SlipwayError('SINK_FAILED', 'the partition was ended')
    for (const row of rows) {
      const { key, value } = row
      const fault = storedKeyFault(key) ?? this.#duplicate(key)
      if (fault !== null) {
        this.#refused.push({ row: row.row, ...fault })
        continue
      }
      this.#keys.add(key)
      this.#rows.push(row)
      this.#hash.add(key, value)
    }
  }

  async commit(
    makeRecord: (refused: readonly RefusedRow[], data: { readonly bytes: number; readonly checksum: string }) => Promise<PartitionRecord>,
  ): Promise<PartitionRecord> {
    if (this.#ended) throw new SlipwayError('SINK_FAILED', 'the partition was ended')
    try {
      const record = await makeRecord(this.#refused, { bytes: 0, checksum: this.#hash.hex() })
      this.#store(record)
      return record
    } finally {
      await this.abort()
    }
  }

  async abort(): Promise<void> {
    this.#ended = true
    this.#rows = []
    this.#keys = new Set()
  }

  #duplicate(key: string): { readonly code: 'KEY_DUPLICATE'; readonly message: string } | null {
    if (!this.#keys.has(key) && !this.#options.rows.doesExist(key)) return null
    return { code: 'KEY_DUPLICATE', message: `the key \`${key}\` is there already` }
  }

  #store(record: PartitionRecord): void {
    const { rows, check, keep } = this.#options
    try {
      rows.transactionSync(() => {
        check()
        for (const { key, value } of this.#rows) {
          const stored = rows.putSync(key, value, { noOverwrite: true }) as unknown
          if (stored === false) throw new SlipwayError('SINK_FAILED', `another process wrote the key \`${key}\` meanwhile; repeat the run`)
        }
        keep(record)
      })
    } catch (cause) {
      if (cause instanceof SlipwayError) throw cause
      throw new SlipwayError('SINK_FAILED', 'LMDB could not write the partition: is the disk full?', { cause })
    }
  }
}
