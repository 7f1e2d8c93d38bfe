import type { BatchEntry, ScheduleEntry, SlipwayConfig } from '../../core/config.js'
import type { ReadCron } from '../../core/cron.js'
import { parseIsoTime } from '../../core/iso-time.js'
import { checkPlaceholders } from '../../targets/batch/schedule/placeholders.js'
import { parseWhere } from '../../targets/batch/where/where.js'
import { boolean, type Check, list, number, object, oneOf, record, refuse, text } from './checks.js'

const formats = ['csv', 'jsonl', 'parquet']
const types = ['text', 'integer', 'number', 'boolean', 'timestamp', 'json']
const templated = text(checkPlaceholders)
const count = (min: number): Check => number({ min, max: Number.MAX_SAFE_INTEGER, whole: true })
/** Up to what a timer can wait, which is 24 days. */
const milliseconds = (min: number): Check => number({ min, max: 2 ** 31 - 1, whole: true })
/** Lower case, since schedules are files of these names and some file systems do not tell cases apart. */
const entryName = /^[a-z0-9][a-z0-9._-]{0,127}$/

/** `value` as a configuration. Throws CONFIG_INVALID at the first key that is unknown, missing or wrong. */
export function checkConfig(value: unknown, readCron: ReadCron): SlipwayConfig {
  const members = { batch: record(batchEntry(readCron), checkName), stored: object({ store: text() }) }
  object(members)(value, '')
  return value as SlipwayConfig
}

function checkName(name: string): string | null {
  return entryName.test(name) ? null : 'a name is lower case letters, digits, dots, underscores and dashes, 128 at most'
}

function batchEntry(readCron: ReadCron): Check {
  const shape = object(
    {
      model: text(),
      from: templated,
      query: templated,
      fromFormat: oneOf(formats),
      to: templated,
      toFormat: oneOf(formats),
      table: templated,
      store: text(),
      key: text(),
      pass: list(text()),
      map: record(text()),
      where: text((filter) => void parseWhere(filter)),
      types: record(oneOf(types)),
      partitionRows: count(1),
      workers: number({ min: 1, max: 1024, whole: true }),
      maxBadRows: count(0),
      maxBadFraction: number({ min: 0, max: 1, whole: false }),
      overwrite: boolean,
      flip: boolean,
      schedule: scheduleEntry(readCron),
    } satisfies Record<keyof BatchEntry, Check>,
    ['model', 'from', 'to'],
  )
  return (value, path) => {
    shape(value, path)
    checkTogether(value as BatchEntry, path)
  }
}

function scheduleEntry(readCron: ReadCron): Check {
  const shape = object(
    {
      cron: text((cron) => void readCron(cron, 'UTC'), 'a cron expression'),
      timeZone: text((zone) => void readCron('0 0 * * *', zone), 'an IANA time zone'),
      jitterMs: milliseconds(0),
      overlap: oneOf(['forbid', 'queue', 'replace']),
      maxQueued: number({ min: 1, max: 1000, whole: true }),
      catchUp: oneOf(['none', 'last', 'all']),
      startAt: text(checkTime),
      endAt: text(checkTime),
      missedAfterMs: milliseconds(1),
      maxRunMs: milliseconds(1),
      alert: object({ webhook: text(checkWebhook, 'a URL') }, ['webhook']),
    } satisfies Record<keyof ScheduleEntry, Check>,
    ['cron'],
  )
  return (value, path) => {
    shape(value, path)
    const { startAt, endAt, overlap, maxQueued, jitterMs = 0, missedAfterMs = Infinity } = value as ScheduleEntry
    if (startAt !== undefined && endAt !== undefined && parseIsoTime(startAt)! > parseIsoTime(endAt)!) {
      refuse(`${path}.endAt`, `expected a time after startAt, received '${endAt}'`)
    }
    if (maxQueued !== undefined && overlap !== 'queue') refuse(`${path}.maxQueued`, "goes with overlap: 'queue' only")
    if (missedAfterMs <= jitterMs) refuse(`${path}.missedAfterMs`, `expected more than jitterMs (${jitterMs}), received ${missedAfterMs}`)
  }
}

/** What no key says alone. */
function checkTogether(entry: BatchEntry, path: string): void {
  if (entry.schedule === undefined) return
  for (const name of ['from', 'to'] as const) {
    if (entry[name] === '-') refuse(`${path}.${name}`, 'a batch with a schedule has no standard input and output')
  }
}

function checkTime(value: string): void {
  if (parseIsoTime(value) === null) refuse('', `expected an ISO 8601 time with its zone (2026-01-31T00:00:00Z), received '${value}'`)
}

function checkWebhook(value: string): void {
  const protocol = URL.canParse(value) ? new URL(value).protocol : ''
  if (protocol !== 'http:' && protocol !== 'https:') refuse('', `expected an http:// or https:// URL, received '${value}'`)
}
