import type { FileFormat, TableType } from './table.js'

/** What a batch does when a logical time falls due while another one runs. */
export type OverlapPolicy = 'forbid' | 'queue' | 'replace'

/** What happens to logical times that passed while nothing watched the schedule. */
export type CatchUpPolicy = 'none' | 'last' | 'all'

/** When a batch runs by itself. docs/reference/configuration.md has the details. */
export interface ScheduleEntry {
  /** Five fields: minute, hour, day of month, month, day of week. */
  readonly cron: string
  /** IANA name, `Europe/Berlin`; `UTC` when left out. */
  readonly timeZone?: string
  /** A run starts up to so much later than its logical time; how much depends on name and time alone. 0 when left out. */
  readonly jitterMs?: number
  /** `forbid` when left out: the later time is skipped. */
  readonly overlap?: OverlapPolicy
  /** With `overlap: 'queue'`: times that may wait; 1 when left out. */
  readonly maxQueued?: number
  /** `last` when left out. */
  readonly catchUp?: CatchUpPolicy
  /** First moment of the schedule, ISO 8601 with zone. */
  readonly startAt?: string
  /** Last moment of the schedule, ISO 8601 with zone. */
  readonly endAt?: string
  /** A logical time that is not completed so long after it raises the alert. */
  readonly missedAfterMs?: number
  /** A run that takes longer is ended, and has failed. */
  readonly maxRunMs?: number
  /** Where runs that failed or were missed are told, beside log and metrics. */
  readonly alert?: {
    /** `http://` or `https://`: gets a POST with a JSON document. */
    readonly webhook: string
  }
}

/**
 * One batch of the configuration: what `slipway batch run` takes, by name. `from`, `to`, `query` and `table` may hold placeholders of the logical
 * time (`{date}`, `{date-1d}`, `{hour}`); paths are relative to the folder of the configuration.
 */
export interface BatchEntry {
  /** `fraud`, `fraud@challenger`, `fraud@3`. */
  readonly model: string
  /** A file, a glob, a folder, `-`, or a database (with `query`). */
  readonly from: string
  readonly query?: string
  readonly fromFormat?: FileFormat
  /** A file, a folder (ends with `/`), `-`, a database (with `table`), or `stored`. */
  readonly to: string
  readonly toFormat?: FileFormat
  readonly table?: string
  readonly store?: string
  /** Column that names a row. */
  readonly key?: string
  /** Columns of the source kept in the output; `*` for all. */
  readonly pass?: readonly string[]
  /** Input of the model -> column of the source. */
  readonly map?: Readonly<Record<string, string>>
  /** Rows to score. */
  readonly where?: string
  readonly types?: Readonly<Record<string, TableType>>
  readonly partitionRows?: number
  readonly workers?: number
  readonly maxBadRows?: number
  readonly maxBadFraction?: number
  readonly overwrite?: boolean
  readonly flip?: boolean
  readonly schedule?: ScheduleEntry
}

/** `slipway.config.ts`: what belongs to an installation and to no model. */
export interface SlipwayConfig {
  /** Batches by name: lower case letters, digits, dots, underscores and dashes. */
  readonly batch?: Readonly<Record<string, BatchEntry>>
  readonly stored?: {
    /** `sqlite:path`, `postgres://…`, `redis://…`, `lmdb:folder`; that of batches with `to: 'stored'` too, unless they name their own. */
    readonly store?: string
  }
}

/** The configuration as it is, typed. It is checked when it is loaded, wherever it comes from. */
export function defineConfig(config: SlipwayConfig): SlipwayConfig {
  return config
}
