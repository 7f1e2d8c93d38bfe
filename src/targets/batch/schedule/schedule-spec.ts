import { createHash } from 'node:crypto'
import type { CatchUpPolicy, OverlapPolicy, ScheduleEntry } from '../../../core/config.js'
import type { CronTimes, ReadCron } from '../../../core/cron.js'
import { parseIsoTime } from '../../../core/iso-time.js'
import { fillPlaceholders } from './placeholders.js'

/** A schedule of the configuration with its defaults; times in epoch milliseconds. */
export interface ScheduleSpec {
  readonly name: string
  readonly cron: string
  readonly timeZone: string
  readonly times: CronTimes
  readonly jitterMs: number
  readonly overlap: OverlapPolicy
  readonly maxQueued: number
  readonly catchUp: CatchUpPolicy
  /** First and last moment that a logical time may have. */
  readonly startAt: number | null
  readonly endAt: number | null
  readonly missedAfterMs: number | null
  readonly maxRunMs: number | null
}

/** The time zone of schedules and placeholders where none is given. */
export const defaultTimeZone = 'UTC'

export function scheduleSpec(name: string, entry: ScheduleEntry, readCron: ReadCron): ScheduleSpec {
  const timeZone = entry.timeZone ?? defaultTimeZone
  return {
    name,
    cron: entry.cron,
    timeZone,
    times: readCron(entry.cron, timeZone),
    jitterMs: entry.jitterMs ?? 0,
    overlap: entry.overlap ?? 'forbid',
    maxQueued: entry.maxQueued ?? 1,
    catchUp: entry.catchUp ?? 'last',
    startAt: timeOf(entry.startAt),
    endAt: timeOf(entry.endAt),
    missedAfterMs: entry.missedAfterMs ?? null,
    maxRunMs: entry.maxRunMs ?? null,
  }
}

function timeOf(text: string | undefined): number | null {
  return text === undefined ? null : parseIsoTime(text)
}

/** When the run of a logical time starts: up to `jitterMs` later, always the same for the same name and time. */
export function startOf(spec: ScheduleSpec, logicalTime: number): number {
  if (spec.jitterMs === 0) return logicalTime
  const digest = createHash('sha256')
    .update(`${spec.name}\n${isoTime(logicalTime)}`)
    .digest()
  return logicalTime + Math.floor((digest.readUIntBE(0, 6) / 2 ** 48) * (spec.jitterMs + 1))
}

/** The next logical time after a moment; null when the schedule has ended. */
export function nextTime(spec: ScheduleSpec, after: number): number | null {
  const time = spec.times.next(Math.max(after, (spec.startAt ?? -Infinity) - 1))
  return time === null || time > (spec.endAt ?? Infinity) ? null : time
}

/** Logical times later than `after` and not later than `until`, in order: the newest `limit`, and whether there are older ones. */
export function timesBetween(
  spec: ScheduleSpec,
  after: number,
  until: number,
  limit: number,
): { readonly times: readonly number[]; readonly cut: boolean } {
  const first = Math.max(after, (spec.startAt ?? -Infinity) - 1)
  const times: number[] = []
  let time = spec.times.previous(Math.min(until, spec.endAt ?? Infinity) + 1)
  for (; time !== null && time > first && times.length < limit; time = spec.times.previous(time)) times.push(time)
  return { times: times.reverse(), cut: time !== null && time > first }
}

/** The day of a time in the zone of the schedule: `2026-01-31`. */
export function dayOf(spec: ScheduleSpec, time: number): string {
  return fillPlaceholders('{date}', time, spec.timeZone)
}

/** How times stand in requests, files and logs. */
export function isoTime(time: number): string {
  return new Date(time).toISOString()
}
