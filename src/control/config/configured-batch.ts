import { dirname } from 'node:path'
import { systemClock } from '../../core/clock.js'
import { SlipwayError } from '../../core/errors.js'
import { parseIsoTime } from '../../core/iso-time.js'
import type { BatchRequest } from '../../targets/batch/batch-request.js'
import { logicalRequest } from '../../targets/batch/schedule/logical-request.js'
import { dayOf, type ScheduleSpec, scheduleSpec } from '../../targets/batch/schedule/schedule-spec.js'
import { batchEntry, loadConfig, type LoadedConfig } from './load-config.js'

const dayMs = 24 * 3_600_000

export interface ConfiguredOptions {
  /** Path of the configuration; looked for in the working folder when left out. */
  readonly config?: string | undefined
  /**
   * ISO time with zone that placeholders stand for, or a day, which means the first time of the schedule on it. Left out, it is the last time of the
   * schedule, so that the same command goes on with the same run; a batch without schedule has none then.
   */
  readonly logicalTime?: string | undefined
}

/**
 * A batch of the configuration as a request, and the folder that its names start from. SCHEDULE_UNKNOWN, CONFIG_INVALID, FILE_UNKNOWN; USAGE when it
 * has placeholders and there is no logical time.
 */
export async function configuredBatch(
  name: string,
  { config: file, logicalTime }: ConfiguredOptions,
): Promise<{ readonly request: BatchRequest; readonly cwd: string }> {
  const config = await loadConfig({ file })
  const entry = batchEntry(config, name)
  const spec = entry.schedule === undefined ? null : scheduleSpec(name, entry.schedule, config.readCron)
  const time = logicalTime === undefined ? lastTime(spec) : readTime(logicalTime, spec)
  return { request: logicalRequest(name, entry, time), cwd: folderOf(config) }
}

/** A request of the command line; its set goes to the store of the configuration, where it names none. */
export async function withConfiguredStore(request: BatchRequest, config: string | undefined): Promise<BatchRequest> {
  if (request.to !== 'stored' || request.store !== undefined) return request
  const { store } = await loadConfig({ file: config })
  return store === null ? request : { ...request, store }
}

/** The folder that relative names of a configuration start from. */
export function folderOf({ file }: LoadedConfig): string {
  return file === null ? process.cwd() : dirname(file)
}

function lastTime(spec: ScheduleSpec | null): number | null {
  return spec?.times.previous(systemClock.now() + 1) ?? null
}

function readTime(text: string, spec: ScheduleSpec | null): number {
  const time = parseIsoTime(text)
  if (time === null) {
    throw new SlipwayError('USAGE', `--logical-time wants a time with its zone (2026-01-31T02:00:00Z) or a day, received '${text}'`)
  }
  if (text.length > 10 || spec === null) return time
  // A day of a zone begins less than a day before or after that of UTC.
  for (const candidate of spec.times.between(time - dayMs, time + 2 * dayMs)) {
    if (dayOf(spec, candidate) === text) return candidate
  }
  throw new SlipwayError('USAGE', `the schedule of ${spec.name} has no time on ${text}`)
}
