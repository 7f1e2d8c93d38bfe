import type { RunReport } from '../run-report.js'
import type { ScheduleState } from './schedule-state.js'

/** Timers, handed in so that tests drive them. */
export interface Timers {
  /** Calls `run` once after so many milliseconds; the function returned calls it off. */
  after(delayMs: number, run: () => void): () => void
}

/** The timers of this process. */
export const systemTimers: Timers = {
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    return () => clearTimeout(timer)
  },
}

/** Where the state of one schedule is kept: durable once `write` resolves, and whole or not at all. */
export interface ScheduleStore {
  read(): Promise<ScheduleState | null>
  write(state: ScheduleState): Promise<void>
  /** Keeps other schedulers from this schedule; null while another process has it. */
  lock(): Promise<ScheduleLock | null>
}

export interface ScheduleLock {
  release(): Promise<void>
}

/** Runs the batch of a logical time (ISO). Rejects when no run could start; else the report says how it ended. An aborted run ends soon, and can be resumed. */
export type RunTime = (logicalTime: string, options: { readonly signal: AbortSignal }) => Promise<Pick<RunReport, 'state' | 'error'>>

/** What somebody should know about a schedule. */
export interface ScheduleAlert {
  readonly event: 'failed' | 'missed'
  readonly batch: string
  readonly logicalTimes: readonly string[]
  readonly message: string
}
