import type { PartitionRecord, RefusedRow } from './table.js'

/** What a stored prediction is, under its key: JSON text of `{"output":{…},"source":"model","codes":["…"]}` (`codes` left out when empty). */
export type StoredValue = string

export type SetState =
  /** Rows are being written; it cannot be read. */
  | 'loading'
  /** Whole: rows counted, checksum verified. */
  | 'complete'
  /** Complete, and refused by its gate. */
  | 'refused'

/** A set of predictions of one model, all of one version and one time. */
export interface StoredSet {
  /** Chosen by whoever makes it; a run's id for sets written by `slipway batch`. Unique in the store. */
  readonly id: string
  readonly model: string
  /** Number of the version, and its digest. */
  readonly version: string
  readonly digest: string
  /** When the predictions were made: epoch milliseconds. `ageMs` counts from it. */
  readonly producedAt: number
  readonly state: SetState
  /** Keys in it; 0 while loading. */
  readonly rows: number
  /** Keys whose prediction came from a fallback. */
  readonly fallbackRows: number
  /** Sum of the row hashes (`RowHash`) modulo 2^64, 16 hex digits: tells a whole set from one with rows lost, doubled or changed. */
  readonly checksum: string
  /** What the gate looks at, and what it found; opaque to the store. */
  readonly details: Readonly<Record<string, unknown>>
}

export type NewSet = Pick<StoredSet, 'id' | 'model' | 'version' | 'digest' | 'producedAt'>

/** A move of the pointer of a model. */
export interface Flip {
  readonly model: string
  /** The set that readers see from then on; null: none. */
  readonly set: string | null
  readonly previous: string | null
  readonly at: number
  readonly kind: 'flip' | 'rollback'
  readonly by: string
  readonly reason: string
}

export interface StoredRow {
  readonly key: string
  readonly value: StoredValue
  /** Number inside its partition, for refusals. */
  readonly row: number
}

/** What a read found, in one snapshot: every value is of the one set named. */
export interface StoredRead {
  /** The active set; null when the model has none. */
  readonly set: StoredSetHead | null
  /** One entry a key, in order; null where the set lacks it. */
  readonly values: readonly (StoredValue | null)[]
}

/** What every answer tells of its set. */
export type StoredSetHead = Pick<StoredSet, 'id' | 'model' | 'version' | 'digest' | 'producedAt'>

/** A partition of a set being written: one transaction, with its record. */
export interface StoredPartitionWriter {
  /** Keys may repeat, inside the partition or across those before it: the first stays, the others are refused (KEY_DUPLICATE). */
  write(rows: readonly StoredRow[]): Promise<void>
  /** Commits rows and the record in one transaction; `data` is what was written. Rejects with SINK_FAILED. */
  commit(
    record: (refused: readonly RefusedRow[], data: { readonly bytes: number; readonly checksum: string }) => Promise<PartitionRecord>,
  ): Promise<PartitionRecord>
  abort(): Promise<void>
}

/** Sets of stored predictions, their pointers, and reads by key. Every engine behind it passes test/contract/stored-sets. */
export interface StoredSets {
  /** Engine and version, for logs: `sqlite`, `postgres 15.4`. */
  readonly engine: string
  /** Makes an empty set in state `loading`; does nothing when it is there already with the same contents of NewSet, else SET_CONFLICT. */
  create(set: NewSet): Promise<void>
  /** Opens a partition of a loading set. A partition committed already is SET_CONFLICT. */
  openPartition(set: string, index: number): Promise<StoredPartitionWriter>
  /** Partitions committed, by index. */
  partitions(set: string): Promise<readonly PartitionRecord[]>
  /**
   * `complete` when the rows counted in the store, and the sum of the partitions' checksums (`RowHash` of the rows that each wrote), are those
   * given; else SET_INCOMPLETE with both.
   */
  complete(
    set: string,
    expected: {
      readonly rows: number
      readonly checksum: string
      readonly fallbackRows: number
      readonly details: Readonly<Record<string, unknown>>
    },
  ): Promise<StoredSet>
  /** Changes state and details of a complete set: what its gate found. */
  judge(set: string, state: 'complete' | 'refused', details: Readonly<Record<string, unknown>>): Promise<StoredSet>
  /**
   * Moves the pointer of the set's model, in one step for every reader in every process. SET_INCOMPLETE unless the set is complete;
   * ALIAS_CONFLICT when `expected` is given and not the active set.
   */
  flip(flip: {
    readonly model: string
    readonly set: string
    readonly kind: 'flip' | 'rollback'
    readonly by: string
    readonly reason: string
    readonly expected?: string | null
  }): Promise<Flip>
  /** Flips of a model, newest first. */
  flips(model: string): Promise<readonly Flip[]>
  /** The active set of a model, in full. */
  active(model: string): Promise<StoredSet | null>
  /** Sets of a model, newest first; of every model when left out. */
  sets(model?: string): Promise<readonly StoredSet[]>
  /** One set; null when unknown. */
  set(id: string): Promise<StoredSet | null>
  /** Reads keys (4096 at most) of the active set in one snapshot. Rejects with STORE_UNAVAILABLE; never hangs. */
  read(model: string, keys: readonly string[], options?: { readonly signal?: AbortSignal }): Promise<StoredRead>
  /** As `read`, at once: for engines inside this process. */
  readNow?(model: string, keys: readonly string[]): StoredRead
  /** Removes a set with its rows; SET_ACTIVE when a pointer stands on it. Readers that are in it go on, or see the pointer anew. */
  drop(set: string): Promise<void>
  /** Every row of a set in key order, for exports and checks. */
  rows(set: string): AsyncIterable<readonly StoredRow[]>
  close(): Promise<void>
}
