import type { ScheduleEntry } from '../../core/config.js'
import { SlipwayError } from '../../core/errors.js'
import { parseIsoTime } from '../../core/iso-time.js'
import type { BatchRequest } from '../../targets/batch/batch-request.js'
import type { RunReport } from '../../targets/batch/run-report.js'
import { type EarlierRun, planBackfill, type PlannedTime, type Reprocess } from '../../targets/batch/schedule/backfill-plan.js'
import { logicalRequest } from '../../targets/batch/schedule/logical-request.js'
import { type BackfilledTime, runBackfill } from '../../targets/batch/schedule/run-backfill.js'
import { dayOf, isoTime, scheduleSpec } from '../../targets/batch/schedule/schedule-spec.js'
import { batchEntry, type LoadedConfig } from '../config/load-config.js'

const dayMs = 24 * 3_600_000
/** A range of more is a slip: years of a schedule by the minute. */
const maxTimes = 5000

export interface BackfillRequest {
  readonly config: LoadedConfig
  readonly name: string
  /** Both included: a day (2026-01-31) of the schedule's time zone, or a time (ISO 8601 with zone). */
  readonly from: string
  readonly to: string
  readonly reprocess: Reprocess
  readonly reverse: boolean
  /** Runs of this batch that are known of, newest first. */
  readonly earlier: readonly EarlierRun[]
  readonly now: number
}

/** The logical times of a batch in a range, and what is to be done with each. `startAt` and `endAt` of the schedule do not bound it. USAGE when the range is none. */
export function planOf(request: BackfillRequest): readonly PlannedTime[] {
  const { config, name } = request
  const schedule = batchEntry(config, name).schedule
  if (schedule === undefined) {
    throw new SlipwayError('CONFIG_INVALID', `batch.${name}: there is no schedule, whose times a backfill goes over`)
  }
  return planBackfill(timesOf(request, schedule), request.earlier, request)
}

export interface BackfillRun {
  readonly config: LoadedConfig
  readonly name: string
  readonly plan: readonly PlannedTime[]
  readonly maxActive: number
  readonly run: (request: BatchRequest, options: { readonly signal: AbortSignal; readonly logicalTime: string }) => Promise<RunReport>
  readonly signal: AbortSignal
  readonly onStart?: (planned: PlannedTime) => void
  readonly onEnd?: (time: BackfilledTime) => void
}

/** Runs a plan. A completed time that is run again begins anew; one that failed goes on where it stopped. */
export function backfill(options: BackfillRun): Promise<readonly BackfilledTime[]> {
  const entry = batchEntry(options.config, options.name)
  return runBackfill(options.plan, {
    ...options,
    run: ({ logicalTime, again }, { signal }) => {
      const request = logicalRequest(options.name, entry, Date.parse(logicalTime))
      return options.run(again ? { ...request, restart: true } : request, { signal, logicalTime })
    },
  })
}

function timesOf(request: BackfillRequest, schedule: ScheduleEntry): readonly string[] {
  const { name, config } = request
  const spec = scheduleSpec(name, schedule, config.readCron)
  const from = boundOf('--from', request.from)
  const to = boundOf('--to', request.to)
  if (from.time > to.time) throw new SlipwayError('USAGE', `--from ${request.from} is later than --to ${request.to}`)
  const isIn = (time: number): boolean =>
    (from.day === null ? time >= from.time : time >= from.time + dayMs || dayOf(spec, time) >= from.day) &&
    (to.day === null ? time <= to.time : time < to.time || dayOf(spec, time) <= to.day)
  const times: string[] = []
  // A day of a zone begins and ends within a day of the same date in UTC.
  for (const time of spec.times.between(from.time - dayMs, to.time + 2 * dayMs)) {
    if (isIn(time)) times.push(isoTime(time))
    if (times.length > maxTimes) throw new SlipwayError('USAGE', `the range has more than ${maxTimes} logical times: take a shorter one`)
  }
  return times
}

function boundOf(flag: string, text: string): { readonly time: number; readonly day: string | null } {
  const time = parseIsoTime(text)
  if (time === null) throw new SlipwayError('USAGE', `${flag} wants a day (2026-01-31) or a time with its zone, received '${text}'`)
  return { time, day: text.length === 10 ? text : null }
}
