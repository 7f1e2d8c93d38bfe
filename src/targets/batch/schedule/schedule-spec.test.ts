import { describe, expect, it } from 'vitest'
import type { CronTimes } from '../../../core/cron.js'
import { nextTime, scheduleSpec, startOf, timesBetween, type ScheduleSpec } from './schedule-spec.js'

const minute = 60_000
/** Every ten minutes, counted from 1970. */
const every10: CronTimes = {
  next: (after) => (Math.floor(after / (10 * minute)) + 1) * 10 * minute,
  previous: (before) => (Math.ceil(before / (10 * minute)) - 1) * 10 * minute,
  *between(from, to) {
    for (let time = this.next(from - 1)!; time <= to; time = this.next(time)!) yield time
  },
}

function spec(entry: object = {}, name = 'nightly'): ScheduleSpec {
  return scheduleSpec(name, { cron: '*/10 * * * *', ...entry }, () => every10)
}

describe('jitter', () => {
  const times = Array.from({ length: 2000 }, (_, index) => index * 10 * minute)

  it('is within its bounds and spread over them', () => {
    const jittered = spec({ jitterMs: 1000 })
    const delays = times.map((time) => startOf(jittered, time) - time)
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...delays)).toBeLessThanOrEqual(1000)
    expect(new Set(delays).size).toBeGreaterThan(500)
    expect(delays.reduce((sum, delay) => sum + delay, 0) / delays.length).toBeCloseTo(500, -2)
  })

  it('is the same in every process, and another for another batch', () => {
    const delay = (name: string): number => startOf(spec({ jitterMs: 60_000 }, name), 0)
    expect(delay('nightly')).toBe(startOf(spec({ jitterMs: 60_000 }), 0))
    expect(delay('nightly')).not.toBe(delay('weekly'))
  })

  it('is none when left out', () => {
    expect(times.every((time) => startOf(spec(), time) === time)).toBe(true)
  })
})

describe('the times of a schedule', () => {
  it('lie between its beginning and its end, both included', () => {
    const bounded = spec({ startAt: '1970-01-01T00:20:00Z', endAt: '1970-01-01T00:40:00Z' })
    expect(nextTime(bounded, 0)).toBe(20 * minute)
    expect(nextTime(bounded, 30 * minute)).toBe(40 * minute)
    expect(nextTime(bounded, 40 * minute)).toBeNull()
    expect(timesBetween(bounded, 0, 100 * minute, 10).times).toEqual([20, 30, 40].map((count) => count * minute))
  })

  it('are the newest when there are too many', () => {
    expect(timesBetween(spec(), 0, 50 * minute, 2)).toEqual({ times: [40 * minute, 50 * minute], cut: true })
    expect(timesBetween(spec(), 30 * minute, 50 * minute, 2)).toEqual({ times: [40 * minute, 50 * minute], cut: false })
  })

  it('have defaults that skip, catch up with the last, and go by UTC', () => {
    expect(spec()).toMatchObject({ timeZone: 'UTC', jitterMs: 0, overlap: 'forbid', maxQueued: 1, catchUp: 'last', missedAfterMs: null })
  })
})
