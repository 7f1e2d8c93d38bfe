import { isoTime, type ScheduleSpec, timesBetween } from './schedule-spec.js'

/** Why a logical time is run: it fell due, it was missed before, or its run was interrupted. */
export type RunCause = 'due' | 'catch-up' | 'resume'

/** What became of logical times, counted since the schedule exists. */
export interface ScheduleCounts {
  readonly started: number
  readonly completed: number
  readonly failed: number
  /** Not run, because of the overlap or the catch-up policy. */
  readonly skipped: number
  /** Ended early for a later one. */
  readonly replaced: number
  /** Not completed within `missedAfterMs`. */
  readonly missed: number
}

/** Where a schedule stands: what a file keeps, so that nothing is run twice or forgotten. Times are ISO texts. */
export interface ScheduleState {
  /** What `handledUntil` was counted by: another schedule begins anew. */
  readonly cron: string
  readonly timeZone: string
  /** Logical times up to here were started, queued or skipped. */
  readonly handledUntil: string
  readonly running: RunningTime | null
  readonly waiting: readonly WaitingTime[]
  /** Logical times not completed, which may still be missed; kept while `missedAfterMs` is set. */
  readonly open: readonly string[]
  /** The newest that were missed, oldest first. */
  readonly missed: readonly string[]
  /** Logical times. */
  readonly lastStarted: string | null
  readonly lastCompleted: string | null
  readonly lastFailed: { readonly logicalTime: string; readonly code: string; readonly message: string } | null
  readonly counts: ScheduleCounts
}

export interface WaitingTime {
  readonly logicalTime: string
  readonly cause: RunCause
}

export interface RunningTime extends WaitingTime {
  readonly startedAt: string
  /** It was told to make room for a later one. */
  readonly replaced: boolean
}

/** How the run of a logical time ended. `interrupted`: the scheduler closes, the run goes on next time. */
export type RunOutcome =
  | { readonly kind: 'completed' | 'replaced' | 'interrupted' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }

/** A schedule that nothing has happened to. Its past counts from `startAt`, as far as the catch-up policy wants it. */
export function newState(spec: ScheduleSpec, now: number): ScheduleState {
  return {
    cron: spec.cron,
    timeZone: spec.timeZone,
    handledUntil: isoTime(Math.min(now, beginning(spec, now))),
    running: null,
    waiting: [],
    open: [],
    missed: [],
    lastStarted: null,
    lastCompleted: null,
    lastFailed: null,
    counts: { started: 0, completed: 0, failed: 0, skipped: 0, replaced: 0, missed: 0 },
  }
}

function beginning(spec: ScheduleSpec, now: number): number {
  if (spec.startAt === null || spec.catchUp === 'none') return now
  const [last] = spec.catchUp === 'last' ? timesBetween(spec, -Infinity, now, 1).times : []
  return (last ?? spec.startAt) - 1
}

/** The state as a new process goes on from it: the run that was under way is resumed first, unless it was to make room. */
export function reopened(spec: ScheduleSpec, state: ScheduleState, now: number): ScheduleState {
  const { running, ...rest } = state
  const resumed: WaitingTime[] = running === null || running.replaced ? [] : [{ logicalTime: running.logicalTime, cause: 'resume' }]
  const counts = running?.replaced === true ? { ...state.counts, replaced: state.counts.replaced + 1 } : state.counts
  const same = state.cron === spec.cron && state.timeZone === spec.timeZone
  // Times of a schedule that was not there yet were not missed.
  const handledUntil = same ? state.handledUntil : isoTime(Math.max(now, Date.parse(state.handledUntil)))
  return { ...rest, cron: spec.cron, timeZone: spec.timeZone, counts, handledUntil, running: null, waiting: [...resumed, ...state.waiting] }
}

/** The first that waits is started. */
export function started(state: ScheduleState, now: number): ScheduleState & { readonly running: RunningTime } {
  const [first, ...waiting] = state.waiting
  if (first === undefined) throw new Error('nothing waits')
  const running = { ...first, startedAt: isoTime(now), replaced: false }
  const count = state.counts.started + (first.cause === 'resume' ? 0 : 1)
  return { ...state, running, waiting, lastStarted: first.logicalTime, counts: { ...state.counts, started: count } }
}

/** The run under way has ended. */
export function ended(state: ScheduleState, outcome: RunOutcome): ScheduleState {
  const logicalTime = state.running?.logicalTime
  if (logicalTime === undefined || outcome.kind === 'interrupted') return state
  const counts = { ...state.counts, [outcome.kind]: state.counts[outcome.kind] + 1 }
  const idle = { ...state, running: null, counts }
  switch (outcome.kind) {
    case 'completed':
      return { ...idle, lastCompleted: logicalTime, open: state.open.filter((time) => time !== logicalTime) }
    case 'failed':
      return { ...idle, lastFailed: { logicalTime, code: outcome.code, message: outcome.message } }
    case 'replaced':
      return idle
  }
}
