import type { CronTimes, ReadCron } from '../../core/cron.js'
import { SlipwayError } from '../../core/errors.js'

type CronConstructor = (typeof import('croner'))['Cron']

/** Cron expressions by croner, which is only asked for times here: its timers are not used. */
export async function loadCroner(): Promise<ReadCron> {
  const { Cron } = await import('croner')
  return (expression, timeZone) => {
    checkZone(timeZone)
    return cronTimes(readPattern(Cron, expression, timeZone))
  }
}

type Pattern = InstanceType<CronConstructor>

/** A `?` would mean the moment of reading, so that two processes would not agree on the times. */
function readPattern(Cron: CronConstructor, expression: string, timeZone: string): Pattern {
  if (expression.includes('?')) throw refused(expression, '`?` is not allowed, write `*`')
  try {
    return new Cron(expression, { timezone: timeZone, paused: true, mode: '5-part', fixedTimeRule: 'no-wildcard' })
  } catch (cause) {
    throw refused(expression, reasonOf(cause), cause)
  }
}

function cronTimes(pattern: Pattern): CronTimes {
  const next = (after: number): number | null => pattern.nextRun(new Date(after))?.getTime() ?? null
  return {
    next,
    previous: (before) => pattern.previousRuns(1, new Date(before))[0]?.getTime() ?? null,
    *between(from, to) {
      for (let time = next(from - 1); time !== null && time <= to; time = next(time)) yield time
    },
  }
}

function checkZone(timeZone: string): void {
  try {
    Intl.DateTimeFormat('en', { timeZone })
  } catch (cause) {
    throw new SlipwayError('CONFIG_INVALID', `expected an IANA time zone such as Europe/Berlin, received '${timeZone}'`, { cause })
  }
}

function refused(expression: string, reason: string, cause?: unknown): SlipwayError {
  const wanted = 'expected five fields (minute, hour, day of month, month, day of week)'
  return new SlipwayError('CONFIG_INVALID', `${wanted}, received '${expression}': ${reason}`, { cause })
}

/** croner's message without its own names. */
function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message.replace(/^Cron\w+: /, '') : 'it cannot be read'
}
