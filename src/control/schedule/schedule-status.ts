import { isoTime, nextTime, scheduleSpec, startOf } from '../../targets/batch/schedule/schedule-spec.js'
import type { ScheduleState } from '../../targets/batch/schedule/schedule-state.js'
import { batchEntry, type LoadedConfig } from '../config/load-config.js'
import { scheduleFile } from './schedule-file.js'

/** Where a schedule stands, for people and programs. Times are ISO texts. */
export interface ScheduleStatus {
  readonly name: string
  readonly cron: string
  readonly timeZone: string
  /** The next logical time, and when its run starts; null when the schedule has ended. */
  readonly next: string | null
  readonly nextStart: string | null
  readonly running: string | null
  readonly waiting: readonly string[]
  readonly lastStarted: string | null
  readonly lastCompleted: string | null
  readonly lastFailed: ScheduleState['lastFailed']
  readonly missed: readonly string[]
  /** Null where the schedule never ran. */
  readonly counts: ScheduleState['counts'] | null
}

/** `next` in epoch milliseconds; `state` null where nothing is kept or another process has it. */
export function scheduleStatus(
  name: string,
  config: LoadedConfig,
  { next, state }: { readonly next: number | null; readonly state: ScheduleState | null },
): ScheduleStatus {
  const spec = scheduleSpec(name, batchEntry(config, name).schedule!, config.readCron)
  return {
    name,
    cron: spec.cron,
    timeZone: spec.timeZone,
    next: next === null ? null : isoTime(next),
    nextStart: next === null ? null : isoTime(startOf(spec, next)),
    running: state?.running?.logicalTime ?? null,
    waiting: state?.waiting.map(({ logicalTime }) => logicalTime) ?? [],
    lastStarted: state?.lastStarted ?? null,
    lastCompleted: state?.lastCompleted ?? null,
    lastFailed: state?.lastFailed ?? null,
    missed: state?.missed ?? [],
    counts: state?.counts ?? null,
  }
}

/** Where schedules stand by what is kept of them, whichever process runs them. */
export function keptStatus(config: LoadedConfig, names: readonly string[], stateRoot: string, now: number): Promise<ScheduleStatus[]> {
  return Promise.all(
    names.map(async (name) => {
      const spec = scheduleSpec(name, batchEntry(config, name).schedule!, config.readCron)
      return scheduleStatus(name, config, { next: nextTime(spec, now), state: await scheduleFile(stateRoot, name).read() })
    }),
  )
}
