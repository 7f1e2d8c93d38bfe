import type { FileFormat, TableType } from '../../core/table.js'

/** One batch run, as the command line and the configuration ask for it. What is left out has the default of docs/reference/batch.md. */
export interface BatchRequest {
  /** Name in the configuration; null for a run of the command line. */
  readonly name: string | null
  /** `fraud`, `fraud@challenger`, `fraud@3`. */
  readonly model: string
  /** A file, a glob, a folder, `-`, or a database: `sqlite:shop.db`, `duckdb:shop.duckdb`, `postgres://…` (with `query`). */
  readonly from: string
  readonly query?: string
  /** Format of a file whose name does not say, and of standard input. */
  readonly fromFormat?: FileFormat
  /** A file, a folder (ends with `/`), `-`, a database (with `table`), or `stored` for a set of stored predictions. */
  readonly to: string
  readonly toFormat?: FileFormat
  readonly table?: string
  /** Where stored sets live, when `to` is `stored`; `sqlite:<state>/stored.sqlite` when left out. */
  readonly store?: string
  /** Column that names a row: kept in the output, unique, and the key of a stored set. */
  readonly key?: string
  /** Columns of the source kept in the output as they are; `*` for all. */
  readonly pass?: readonly string[]
  /** Input of the model -> column of the source. */
  readonly map?: Readonly<Record<string, string>>
  /** Rows to score: `country = 'DE' and amount > 10`. */
  readonly where?: string
  /** Types of passed columns where the source has none. */
  readonly types?: Readonly<Record<string, TableType>>
  /** Rows of a partition. */
  readonly partitionRows?: number
  /** Processes that score; the cores of the machine when left out. */
  readonly workers?: number
  readonly maxBadRows?: number
  readonly maxBadFraction?: number
  /** Replace an output that is there. */
  readonly overwrite?: boolean
  /** Forget an unfinished run for the same output. */
  readonly restart?: boolean
  /** With `to: 'stored'`: flip readers to the set when its gate passes; true when left out. */
  readonly flip?: boolean
  /** What the run is for, of schedules and backfills: an ISO time. Part of the run's identity. */
  readonly logicalTime?: string
}
