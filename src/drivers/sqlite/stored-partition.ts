import { setImmediate as nextTurn } from 'node:timers/promises'
import { SlipwayError } from '../../core/errors.js'
import { RowHash } from '../../core/row-hash.js'
import { storedKeyFault } from '../../core/stored-key.js'
import type { StoredPartitionWriter, StoredRow } from '../../core/stored-sets.js'
import type { PartitionRecord, RefusedRow } from '../../core/table.js'
import { KeyIndex, keyHash } from './key-index.js'
import { beginWriting, rollBack, sqliteFailure } from './locked.js'
import type { Database, Statement } from './open-database.js'
import { isSealed } from './stored-set-file.js'

/** Rows of one insert: more make it no faster. */
const insertRows = 64
const readRows = 16_384

/** Writes partitions into the file of one set, one after another. */
export class SetWriter {
  readonly #database: Database
  readonly #waitMs: number
  readonly #insertMany: Statement
  readonly #insertOne: Statement
  readonly #keyOf: Statement
  #index = new KeyIndex()
  #last = 0
  #turn: Promise<void> = Promise.resolve()

  constructor(database: Database, waitMs: number) {
    this.#database = database
    this.#waitMs = waitMs
    this.#insertMany = database.prepare(`INSERT INTO rows (key, value) VALUES ${Array<string>(insertRows).fill('(?, ?)').join(', ')}`)
    this.#insertOne = database.prepare('INSERT INTO rows (key, value) VALUES (?, ?)')
    this.#keyOf = database.prepare('SELECT key FROM rows WHERE number = ?').raw(true)
  }

  /** A partition; the transaction begins with its first rows. */
  open(partition: number): StoredPartitionWriter {
    return new PartitionRows(this, partition)
  }

  /** Waits for partitions of this process, then for those of others; resolves to what lets the next one in. */
  async begin(partition: number): Promise<() => void> {
    const before = this.#turn
    let done!: () => void
    this.#turn = new Promise((resolve) => {
      done = resolve
    })
    await before
    try {
      await beginWriting(this.#database, this.#waitMs, 'SINK_FAILED')
      const known = this.#database.prepare('SELECT 1 FROM partitions WHERE number = ?').raw(true).get([partition])
      if (isSealed(this.#database)) throw new SlipwayError('SET_CONFLICT', 'the set was completed meanwhile')
      if (known !== undefined) throw new SlipwayError('SET_CONFLICT', `the partition ${partition} was committed meanwhile`)
      await this.#readKeys()
      return done
    } catch (error) {
      rollBack(this.#database)
      done()
      throw sqliteFailure(error, 'SINK_FAILED')
    }
  }

  /** Puts rows in; gives those refused. */
  insert(rows: readonly StoredRow[], took: (row: StoredRow) => void): readonly RefusedRow[] {
    const refused: RefusedRow[] = []
    const first = this.#last + 1
    const fresh: StoredRow[] = []
    const keyOf = (number: number): string => (number >= first ? fresh[number - first]!.key : (this.#keyOf.get([number]) as [string])[0])
    for (const row of rows) {
      const fault = storedKeyFault(row.key)
      if (fault !== null) refused.push({ row: row.row, ...fault })
      else if (this.#index.add(keyHash(row.key), this.#last + 1, (number) => keyOf(number) === row.key)) {
        this.#last++
        fresh.push(row)
        took(row)
      } else refused.push({ row: row.row, code: 'KEY_DUPLICATE', message: `the key \`${row.key}\` is there already` })
    }
    this.#store(fresh)
    return refused
  }

  commit(record: PartitionRecord): void {
    this.#database.prepare('INSERT INTO partitions VALUES (?, ?)').run([record.partition.index, JSON.stringify(record)])
    this.#database.exec('COMMIT')
  }

  rollBack(): void {
    rollBack(this.#database)
    this.#index = new KeyIndex()
    this.#last = 0
  }

  close(): void {
    rollBack(this.#database)
    this.#database.close()
  }

  #store(rows: readonly StoredRow[]): void {
    const values = Array<string>(insertRows * 2)
    let at = 0
    for (; at + insertRows <= rows.length; at += insertRows) {
      for (let i = 0; i < insertRows; i++) {
        values[i * 2] = rows[at + i]!.key
        values[i * 2 + 1] = rows[at + i]!.value
      }
      this.#insertMany.run(values)
    }
    for (; at < rows.length; at++) this.#insertOne.run([rows[at]!.key, rows[at]!.value])
  }

  /** Takes in the keys that were committed since: by other processes, or before this one. */
  async #readKeys(): Promise<void> {
    const statement = this.#database.prepare(`SELECT number, key FROM rows WHERE number > ? ORDER BY number LIMIT ${readRows}`).raw(true)
    for (;;) {
      const rows = statement.all([this.#last]) as [number, string][]
      for (const [number, key] of rows) this.#index.add(keyHash(key), number, () => false)
      this.#last = rows.at(-1)?.[0] ?? this.#last
      if (rows.length < readRows) return
      await nextTurn()
    }
  }
}

class PartitionRows implements StoredPartitionWriter {
  readonly #writer: SetWriter
  readonly #partition: number
  readonly #refused: RefusedRow[] = []
  readonly #hash = new RowHash()
  /** Ends the turn of this partition; null before its first rows and after its end. */
  #done: (() => void) | null = null
  #ended = false

  constructor(writer: SetWriter, partition: number) {
    this.#writer = writer
    this.#partition = partition
  }

  async write(rows: readonly StoredRow[]): Promise<void> {
    if (this.#ended) throw new SlipwayError('SINK_FAILED', `the partition ${this.#partition} was ended`)
    this.#done ??= await this.#writer.begin(this.#partition)
    try {
      const refused = this.#writer.insert(rows, ({ key, value }) => this.#hash.add(key, value))
      for (const row of refused) this.#refused.push(row)
    } catch (error) {
      await this.abort()
      throw sqliteFailure(error, 'SINK_FAILED')
    }
  }

  async commit(
    makeRecord: (refused: readonly RefusedRow[], data: { readonly bytes: number; readonly checksum: string }) => Promise<PartitionRecord>,
  ): Promise<PartitionRecord> {
    await this.write([])
    try {
      const record = await makeRecord(this.#refused, { bytes: 0, checksum: this.#hash.hex() })
      try {
        this.#writer.commit(record)
      } catch (error) {
        throw sqliteFailure(error, 'SINK_FAILED')
      }
      this.#end()
      return record
    } catch (error) {
      await this.abort()
      throw error
    }
  }

  async abort(): Promise<void> {
    if (this.#done !== null) this.#writer.rollBack()
    this.#end()
  }

  #end(): void {
    this.#ended = true
    this.#done?.()
    this.#done = null
  }
}
