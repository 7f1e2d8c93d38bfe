import type { RowCounts } from '../../core/table.js'
import type { OutputProfile } from '../../monitoring/output-profile.js'

export type RunState = 'running' | 'completed' | 'failed' | 'aborted' | 'interrupted'

/** Milliseconds of worker time by step, over all workers. */
export interface StepTimings {
  readonly readMs: number
  readonly validateMs: number
  readonly gatherMs: number
  readonly preprocessMs: number
  readonly runMs: number
  readonly postprocessMs: number
  readonly writeMs: number
}

/** Where a run stands: several times a second while it goes. */
export interface RunProgress extends RowCounts {
  readonly run: string
  readonly name: string | null
  readonly model: string
  readonly phase: 'spooling' | 'scoring' | 'finishing'
  readonly partitionsDone: number
  /** Null while the files are still being cut. */
  readonly partitions: number | null
  /** 0 to 1, by rows or bytes of the source; null when unknown. */
  readonly fraction: number | null
  /** Over the last seconds. */
  readonly rowsPerSecond: number
  readonly etaMs: number | null
  readonly elapsedMs: number
  /** Those of the counts that an earlier attempt had committed. */
  readonly earlier?: RowCounts
}

/** How many rows had a code, with one row to look at. */
export interface CodeCount {
  /** `INPUT_RANGE:amount`. */
  readonly code: string
  readonly rows: number
  /** A message of one of the rows. */
  readonly example: string
}

/** What a run came to: `report.json` of the run, and the summary that `--json` prints. */
export interface RunReport {
  readonly run: string
  readonly name: string | null
  readonly state: RunState
  readonly model: { readonly name: string; readonly version: string; readonly digest: string }
  readonly fingerprint: string
  readonly logicalTime: string | null
  readonly from: string
  readonly to: string
  readonly startedAt: string
  readonly finishedAt: string | null
  readonly elapsedMs: number
  /** Partitions that an earlier attempt had committed. */
  readonly resumedPartitions: number
  readonly partitions: number
  readonly workers: number
  readonly counts: RowCounts
  readonly rowsPerSecond: number
  readonly timings: StepTimings
  /** Codes of bad rows, and of rows that were answered all the same. */
  readonly badCodes: readonly CodeCount[]
  readonly rowCodes: readonly CodeCount[]
  readonly profile: OutputProfile
  /** Output by output: this run against the reference (the last completed run of the same name and model, unless told). */
  readonly reference: {
    readonly run: string
    readonly profile: OutputProfile
    readonly psi: Readonly<Record<string, number | null>>
  } | null
  readonly quarantine: string | null
  readonly output: { readonly location: string; readonly rows: number; readonly bytes: number } | null
  readonly stored: {
    readonly set: string
    readonly gate: 'passed' | 'refused' | 'forced'
    readonly flipped: boolean
    readonly reasons: readonly string[]
  } | null
  readonly peakRssBytes: number
  /** True when the run was complete before, and nothing was done now. */
  readonly repeated: boolean
  readonly error: { readonly code: string; readonly message: string } | null
}
