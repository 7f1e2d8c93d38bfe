import { isoTime, type ScheduleSpec, startOf, timesBetween } from './schedule-spec.js'
import type { ScheduleState, WaitingTime } from './schedule-state.js'

/** A run that starts later than this after its time is late: nothing watched the schedule then, and the catch-up policy decides. */
export const graceMs = 120_000
/** Logical times that are caught up with, and kept for the missed-run alert, at most: the newest. */
const maxTimes = 1000
const keptMissed = 20

/** A logical time that will not run, and why. */
export interface SkippedTime {
  readonly logicalTime: string
  readonly reason: 'overlap' | 'catch-up' | 'replaced'
}

/** What a look at the clock came to. */
export interface DueStep {
  readonly state: ScheduleState
  readonly skipped: readonly SkippedTime[]
  /** Logical times that are missed from now on. */
  readonly missed: readonly string[]
  /** The run under way is to end at once. */
  readonly replace: boolean
  /** More than 1000 logical times had passed: the older ones are forgotten. */
  readonly cut: boolean
}

/** Puts the logical times that have fallen due to those that wait, by the catch-up and overlap policies, and finds those missed. */
export function takeDue(spec: ScheduleSpec, state: ScheduleState, now: number): DueStep {
  const { times, cut } = dueTimes(spec, state, now)
  const late = times.filter((time) => now - startOf(spec, time) > graceMs)
  const fresh = times.slice(late.length)
  const step: Draft = { waiting: [...state.waiting], skipped: [], replace: false }
  const wanted = spec.catchUp === 'all' ? late : spec.catchUp === 'last' && fresh.length === 0 ? late.slice(-1) : []
  for (const time of late) {
    if (wanted.includes(time)) step.waiting.push({ logicalTime: isoTime(time), cause: 'catch-up' })
    else step.skipped.push({ logicalTime: isoTime(time), reason: 'catch-up' })
  }
  for (const time of fresh) overlap(spec, state, step, isoTime(time))
  const { open, missed } = missedTimes(spec, [...state.open, ...times.map(isoTime)], now)
  const counts = {
    ...state.counts,
    skipped: state.counts.skipped + step.skipped.length,
    missed: state.counts.missed + missed.length,
  }
  const running = state.running === null || !step.replace ? state.running : { ...state.running, replaced: true }
  const handledUntil = times.length === 0 ? state.handledUntil : isoTime(times.at(-1)!)
  const kept = [...state.missed, ...missed].slice(-keptMissed)
  const next = { ...state, handledUntil, running, waiting: step.waiting, open, missed: kept, counts }
  return { state: next, skipped: step.skipped, missed, replace: step.replace, cut }
}

interface Draft {
  waiting: WaitingTime[]
  readonly skipped: SkippedTime[]
  replace: boolean
}

/** Up to the first whose start, by jitter, is still to come. */
function dueTimes(spec: ScheduleSpec, state: ScheduleState, now: number): ReturnType<typeof timesBetween> {
  const { times, cut } = timesBetween(spec, Date.parse(state.handledUntil), now, maxTimes)
  const future = times.findIndex((time) => startOf(spec, time) > now)
  return { times: future === -1 ? times : times.slice(0, future), cut }
}

/** One logical time that falls due in time. */
function overlap(spec: ScheduleSpec, state: ScheduleState, step: Draft, logicalTime: string): void {
  const busy = [...(state.running === null ? [] : [state.running]), ...step.waiting]
  if (busy.length === 0) step.waiting.push({ logicalTime, cause: 'due' })
  // Who wants every time caught up with does not want those skipped that pass meanwhile.
  else if (spec.catchUp === 'all' && busy.some(({ cause }) => cause === 'catch-up')) step.waiting.push({ logicalTime, cause: 'catch-up' })
  else if (spec.overlap === 'replace') {
    step.skipped.push(...step.waiting.map((time) => ({ logicalTime: time.logicalTime, reason: 'replaced' as const })))
    step.waiting = [{ logicalTime, cause: 'due' }]
    step.replace = state.running !== null
  } else if (spec.overlap === 'queue' && step.waiting.filter(({ cause }) => cause === 'due').length < spec.maxQueued) {
    step.waiting.push({ logicalTime, cause: 'due' })
  } else step.skipped.push({ logicalTime, reason: 'overlap' })
}

function missedTimes(spec: ScheduleSpec, open: readonly string[], now: number): { readonly open: string[]; readonly missed: string[] } {
  const limit = spec.missedAfterMs
  if (limit === null) return { open: [], missed: [] }
  const isMissed = (time: string): boolean => Date.parse(time) + limit < now
  return { open: open.filter((time) => !isMissed(time)).slice(-maxTimes), missed: open.filter(isMissed) }
}

/** When the next look is needed: the next start, or the next logical time to be missed; null when neither is to come. */
export function nextLook(spec: ScheduleSpec, state: ScheduleState, next: number | null): number | null {
  const [oldest] = state.open
  const start = next === null ? Infinity : startOf(spec, next)
  const deadline = oldest === undefined || spec.missedAfterMs === null ? Infinity : Date.parse(oldest) + spec.missedAfterMs + 1
  const look = Math.min(start, deadline)
  return look === Infinity ? null : look
}
