import { SlipwayError } from '../../../core/errors.js'

const units = ['m', 'h', 'd', 'w'] as const
const unitMinutes: Readonly<Record<(typeof units)[number], number>> = { m: 1, h: 60, d: 24 * 60, w: 7 * 24 * 60 }

const formats: Readonly<Record<string, (iso: string) => string>> = {
  date: (iso) => iso.slice(0, 10),
  datetime: (iso) => iso.slice(0, 19),
  year: (iso) => iso.slice(0, 4),
  month: (iso) => iso.slice(5, 7),
  day: (iso) => iso.slice(8, 10),
  hour: (iso) => iso.slice(11, 13),
  minute: (iso) => iso.slice(14, 16),
}

/** What looks like a placeholder: braces around something that begins with a letter. Globs `{a,b}` and SQL structs have a comma, quote or colon. */
const pattern = /\{([A-Za-z][^{},:'"]*)\}/g
const known = /^([a-z]+)(?:([+-])(\d{1,5})([mhdw]))?$/

/** True when the text changes with the logical time. */
export function hasPlaceholders(text: string): boolean {
  return text.search(pattern) !== -1
}

/** Throws CONFIG_INVALID when the text has a placeholder that does not exist. */
export function checkPlaceholders(text: string): void {
  for (const match of text.matchAll(pattern)) readPlaceholder(match[1]!)
}

/**
 * Fills in the logical time (epoch milliseconds) as the time zone shows it: `{date}` 2026-01-31, `{datetime}` 2026-01-31T02:00:00, `{year}`, `{month}`,
 * `{day}`, `{hour}`, `{minute}`, each with an offset if wanted: `{date-1d}`, `{hour+2h}`. Days and weeks are counted on the calendar, hours and minutes in elapsed time.
 */
export function fillPlaceholders(text: string, logicalTime: number, timeZone: string): string {
  return text.replaceAll(pattern, (_, inner: string) => {
    const { format, minutes, calendar } = readPlaceholder(inner)
    const elapsed = calendar ? 0 : minutes * 60_000
    const date = wallTime(logicalTime + elapsed, timeZone)
    if (calendar) date.setUTCMinutes(date.getUTCMinutes() + minutes)
    return format(date.toISOString())
  })
}

interface Placeholder {
  readonly format: (iso: string) => string
  readonly minutes: number
  readonly calendar: boolean
}

function readPlaceholder(inner: string): Placeholder {
  const match = known.exec(inner)
  const format = match === null || !Object.hasOwn(formats, match[1]!) ? undefined : formats[match[1]!]
  if (match === null || format === undefined) {
    const names = Object.keys(formats).map((name) => `{${name}}`)
    throw new SlipwayError(
      'CONFIG_INVALID',
      `{${inner}} is no placeholder: there are ${names.join(' ')}, with an offset if wanted: {date-1d}`,
    )
  }
  const unit = units.find((candidate) => candidate === match[4])
  const minutes = unit === undefined ? 0 : Number(match[3]) * unitMinutes[unit] * (match[2] === '-' ? -1 : 1)
  return { format, minutes, calendar: unit === 'd' || unit === 'w' }
}

/** As a date whose UTC fields are what the zone shows. */
function wallTime(time: number, timeZone: string): Date {
  const parts = new Intl.DateTimeFormat('en-u-ca-iso8601-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(time)
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.find((candidate) => candidate.type === type)?.value)
  return new Date(Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')))
}
