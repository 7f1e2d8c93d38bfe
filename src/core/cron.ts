/** The times that a cron expression means in a time zone: instants in epoch milliseconds, on whole minutes. Pure; knows no present. */
export interface CronTimes {
  /** First time later than `after`; null when there is none. */
  next(after: number): number | null
  /** Last time earlier than `before`; null when there is none. */
  previous(before: number): number | null
  /** Times from `from` to `to`, both included, in order. */
  between(from: number, to: number): Iterable<number>
}

/**
 * Reads a cron expression of five fields (minute, hour, day of month, month, day of week) for an IANA time zone. Throws CONFIG_INVALID with
 * what is wrong. Where clocks change, expressions without wildcard or step in minute and hour name times of day: one that does not exist
 * runs at the end of the gap, one that comes twice runs the first time. The others go by what passes: both hours count, a missing one does not.
 */
export type ReadCron = (expression: string, timeZone: string) => CronTimes
