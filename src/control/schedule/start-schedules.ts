import { systemClock } from '../../core/clock.js'
import { SlipwayError } from '../../core/errors.js'
import type { Clock, Logger } from '../../core/ports.js'
import type { MetricsSink } from '../../monitoring/metrics-sink.js'
import type { BatchRequest } from '../../targets/batch/batch-request.js'
import type { RunReport } from '../../targets/batch/run-report.js'
import { logicalRequest } from '../../targets/batch/schedule/logical-request.js'
import { createScheduleMetrics } from '../../targets/batch/schedule/schedule-metrics.js'
import { systemTimers, type Timers } from '../../targets/batch/schedule/schedule-ports.js'
import { scheduleSpec } from '../../targets/batch/schedule/schedule-spec.js'
import { Scheduler } from '../../targets/batch/schedule/scheduler.js'
import { batchEntry, type LoadedConfig } from '../config/load-config.js'
import { postAlert } from './post-alert.js'
import { scheduleFile } from './schedule-file.js'
import { type ScheduleStatus, scheduleStatus } from './schedule-status.js'

/** Runs what a batch asks for at a logical time. Rejects when no run could start; else the report says how it ended. */
export type RunRequest = (
  request: BatchRequest,
  options: { readonly signal: AbortSignal; readonly logicalTime: string },
) => Promise<Pick<RunReport, 'state' | 'error'>>

export interface SchedulesOptions {
  readonly config: LoadedConfig
  /** Batches to run by their schedules; all that have one when left out. */
  readonly names?: readonly string[]
  /** Root of the state folder. */
  readonly stateRoot: string
  readonly run: RunRequest
  /** What happens to a schedule that another process has: waiting for it to end, or RUN_ACTIVE. */
  readonly whenHeld: 'stand-by' | 'refuse'
  readonly logger: Logger
  readonly metrics?: MetricsSink
  readonly clock?: Clock
  readonly timers?: Timers
}

/** Schedules that run until they are closed. */
export interface RunningSchedules {
  status(): readonly ScheduleStatus[]
  /** Resolves when what fell due has been started, queued or skipped, and written down. */
  settled(): Promise<void>
  /** Resolves when all that is due has been run. */
  idle(): Promise<void>
  /** Ends the runs under way so that they can be resumed, and resolves when they have ended. */
  close(): Promise<void>
}

/** Starts the schedules of a configuration. SCHEDULE_UNKNOWN, and CONFIG_INVALID for a name without schedule. */
export async function startSchedules(options: SchedulesOptions): Promise<RunningSchedules> {
  const names = scheduledNames(options.config, options.names ?? [])
  const schedulers = new Map(names.map((name) => [name, createScheduler(name, options)]))
  const close = async (): Promise<void> => void (await Promise.all([...schedulers.values()].map((scheduler) => scheduler.close())))
  try {
    for (const [name, scheduler] of schedulers) {
      const held = !(await scheduler.open())
      if (held && options.whenHeld === 'refuse') throw new SlipwayError('RUN_ACTIVE', `another process runs the schedule of ${name}`)
      if (held) options.logger.warn({ batch: name }, 'another process runs this schedule; this one takes over when it ends')
    }
  } catch (error) {
    await close()
    throw error
  }
  return {
    status: () =>
      names.map((name) => scheduleStatus(name, options.config, { next: schedulers.get(name)!.next, state: schedulers.get(name)!.state })),
    settled: async () => void (await Promise.all([...schedulers.values()].map((scheduler) => scheduler.settled()))),
    idle: async () => void (await Promise.all([...schedulers.values()].map((scheduler) => scheduler.idle()))),
    close,
  }
}

/** The batches named, or all that have a schedule. */
export function scheduledNames(config: LoadedConfig, names: readonly string[]): readonly string[] {
  const without = names.find((name) => batchEntry(config, name).schedule === undefined)
  if (without !== undefined) throw new SlipwayError('CONFIG_INVALID', `batch.${without}: there is no schedule`)
  return names.length > 0
    ? [...new Set(names)]
    : [...config.batch].filter(([, entry]) => entry.schedule !== undefined).map(([name]) => name)
}

function createScheduler(name: string, options: SchedulesOptions): Scheduler {
  const { config, stateRoot, run, metrics, logger } = options
  const entry = batchEntry(config, name)
  const webhook = entry.schedule!.alert?.webhook
  return new Scheduler({
    spec: scheduleSpec(name, entry.schedule!, config.readCron),
    store: scheduleFile(stateRoot, name),
    run: (logicalTime, { signal }) => run(logicalRequest(name, entry, Date.parse(logicalTime)), { signal, logicalTime }),
    clock: options.clock ?? systemClock,
    timers: options.timers ?? systemTimers,
    logger,
    metrics: metrics === undefined ? null : createScheduleMetrics(metrics, name),
    alert: webhook === undefined ? null : (alert) => postAlert(webhook, alert),
  })
}
