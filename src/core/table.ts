import type { ErrorCode } from './errors.js'
import type { Fields } from './field.js'
import type { Column, Columns, ColumnType } from './frame.js'
import type { RowPolicy } from './frame-builder.js'
import type { InputFrame } from './prediction.js'

/** How a column of a table outside is typed, whatever the engine calls it. `json` is any other value, as JSON text. */
export type TableType = 'text' | 'integer' | 'number' | 'boolean' | 'timestamp' | 'json'

export interface TableColumn {
  readonly name: string
  readonly type: TableType
}

export type FileFormat = 'csv' | 'jsonl' | 'parquet'

/** One file of a source, and what tells it from another: its identity goes into the fingerprint of a run. */
export interface InputFile {
  /** As the user may see it: relative to the working folder where it lies below it. */
  readonly name: string
  /** Absolute path of what is read; a spool file where the source is compressed, a query or a pipe. */
  readonly path: string
  readonly format: FileFormat
  readonly bytes: number
  /** `sha256:<hex>` over size, first and last 64 KiB, and the time of the last change; over all bytes for spooled files. */
  readonly digest: string
}

/** A range of rows of one file that is read, scored and committed as one: byte offsets of text files, row numbers of Parquet. */
export interface Partition {
  /** Position among all partitions of the run, from 0. */
  readonly index: number
  /** Position of its file among the run's files. */
  readonly file: number
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/** What is to be read of each row. */
export interface ReadPlan {
  /** Inputs of the signature. */
  readonly fields: Fields
  readonly policy: RowPolicy
  /** Column of the source that an input comes from, where the names differ. */
  readonly columnOf: Readonly<Record<string, string>>
  /** Columns wanted besides the inputs: keys, pass-through columns and those of the filter. */
  readonly carry: readonly string[]
  /** Types of carried columns, where the source has none (CSV) or is told better. */
  readonly types: Readonly<Record<string, TableType>>
  /** Rows of one chunk at most. */
  readonly chunkRows: number
}

/** A record that could not be made a row: quotes, ragged cells, bytes that are no UTF-8, text that is no JSON. */
export interface BrokenRecord {
  /** Number of the record inside its partition, from 0. */
  readonly row: number
  readonly code: ErrorCode
  readonly message: string
  /** The record as it stands, cut after 64 KiB. */
  readonly record: string
}

/** Consecutive records of a partition. Frames are views: they hold until the next chunk is asked for. */
export interface SourceChunk {
  /** Rows that could be read, with what is wrong with their values. */
  readonly input: InputFrame
  /** The carried columns, as many rows as `input`. */
  readonly carry: Columns
  /** Number inside the partition of each row of `input`; null when they follow on from `firstRow` without a gap. */
  readonly rowNumbers: Uint32Array | null
  readonly firstRow: number
  readonly broken: readonly BrokenRecord[]
  /** Row `row` of `input` as the source has it: the text of a CSV or JSON line, an object by column for Parquet. For the quarantine. */
  record(row: number): unknown
}

/** Reads partitions of files of one format; opened once by each worker. */
export interface TableReader {
  /** Columns by name and type, in order; null where each row says for itself (JSON lines). */
  columns(): Promise<readonly TableColumn[] | null>
  /** Chunks in order. Rejects with SOURCE_INVALID (naming file and place), SOURCE_SCHEMA, CANCELLED. */
  read(partition: Partition, plan: ReadPlan, options?: { readonly signal?: AbortSignal }): AsyncIterable<SourceChunk>
  close(): Promise<void>
}

/** Cuts files into partitions. The cuts depend on nothing but the files and the target size. */
export interface TablePlanner {
  /** Of about so many rows each (bytes by the mean length of the first records, for text). Partition indices count from `firstIndex`. */
  partitions(file: InputFile, fileIndex: number, firstIndex: number, rows: number): AsyncIterable<Partition>
}

/** Texts that repeat: row i holds `values[indices[i]]`. */
export interface RepeatedTexts {
  readonly values: readonly (string | null)[]
  readonly indices: Uint8Array | Uint16Array | Uint32Array
}

/** A column of what is written. `dtype` and `shape` as in frames; `type` says what texts and numbers mean. */
export interface OutputColumn {
  readonly name: string
  readonly type: TableType
  readonly dtype: ColumnType
  /** Shape of one row; [] for a scalar. null: a dimension that may differ. */
  readonly shape: readonly (number | null)[]
  /** The row's key: not null, and not twice. */
  readonly key?: boolean
}

/** Rows to write, column by column in the order of the schema; `repeated` where a column has few texts. Holds until `write` resolves. */
export interface OutputBatch {
  readonly length: number
  readonly columns: readonly (Column | RepeatedTexts)[]
  /** Where each row came from, for rows that the sink refuses: number inside the partition. */
  readonly rowNumbers: Uint32Array
}

/** Counts of a partition, or of a run. */
export interface RowCounts {
  /** Records read. */
  readonly read: number
  /** Records that the filter left out. */
  readonly filtered: number
  /** Rows written. */
  readonly written: number
  /** Records in the quarantine. */
  readonly bad: number
  /** Rows written that a fallback answered. */
  readonly fallback: number
}

/** A partition that is committed: written once, after its data. */
export interface PartitionRecord extends RowCounts {
  readonly partition: Partition
  /** Bytes of the data as written; 0 where the sink has no files. */
  readonly bytes: number
  /** `sha256:<hex>` of the data as written, or of the rows for a database. */
  readonly checksum: string
  /** What the runner keeps with it (profile of the outputs, codes, timings); opaque to the sink. */
  readonly details: Readonly<Record<string, unknown>>
}

/** A row that a sink refused: its key is null or was there already. */
export interface RefusedRow {
  readonly row: number
  readonly code: ErrorCode
  readonly message: string
}

/** One partition on its way into a sink. Nothing of it can be seen before `commit`. */
export interface PartitionWriter {
  write(batch: OutputBatch): Promise<void>
  /**
   * Makes the rows durable, tells which were refused, has `record` make the partition's record of that, and commits both: data first, record
   * last, in one transaction where there are transactions. Rejects with SINK_FAILED.
   */
  commit(
    record: (refused: readonly RefusedRow[], data: { readonly bytes: number; readonly checksum: string }) => Promise<PartitionRecord>,
  ): Promise<PartitionRecord>
  /** Takes the rows back; never rejects. */
  abort(): Promise<void>
}

/** What the whole output is to be. */
export interface OutputPlan {
  /** Id of the run: names what is not whole yet. */
  readonly run: string
  readonly columns: readonly OutputColumn[]
  /** Folder for what is not whole yet; on the file system of the output. */
  readonly staging: string
}

export interface FinishedOutput {
  /** What to tell the user: a path, a table, a set. */
  readonly location: string
  readonly rows: number
  readonly bytes: number
}

/** Where scored rows go. Opened by the coordinator and by each worker; a partition is written by one of them. */
export interface TableSink {
  /** `in-order`: partitions are committed one after another by index, since a later row may be refused for an earlier one. */
  readonly commits: 'any-order' | 'in-order'
  /** Makes ready: tables, folders. Called by the coordinator before workers start; again by the next attempt of the same run. */
  prepare(): Promise<void>
  /** The partitions that are committed: the truth, whatever else is written down. What a killed attempt left besides them is removed. */
  committed(): Promise<readonly PartitionRecord[]>
  open(partition: Partition): Promise<PartitionWriter>
  /** Every partition is committed: makes the output visible as a whole, in one step. Called again after a kill, it finishes the same. */
  finish(records: readonly PartitionRecord[]): Promise<FinishedOutput>
  /** Removes all that the run left in the sink. */
  discard(): Promise<void>
  close(): Promise<void>
}

/** Where a query of a database is written to before it is scored, so that a run can go on after a kill with the same rows. */
export interface QuerySource {
  /** Writes the rows of the query into a new file at `path`; progress in rows. SOURCE_INVALID when the query fails. */
  spool(
    query: string,
    path: string,
    options: { readonly signal?: AbortSignal; readonly progress?: (rows: number) => void },
  ): Promise<{ readonly rows: number; readonly format: FileFormat }>
  close(): Promise<void>
}
