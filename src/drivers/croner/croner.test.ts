import { describe, expect, it } from 'vitest'
import { loadCroner } from './croner.js'

const read = await loadCroner()
const at = (text: string): number => Date.parse(text)

/** Local times in Berlin, as ISO times in UTC, between two moments. */
function times(expression: string, from: string, to: string, zone = 'Europe/Berlin'): string[] {
  return [...read(expression, zone).between(at(from), at(to))].map((time) => new Date(time).toISOString().slice(0, 16))
}

describe('cron times', () => {
  it('are after, before and between moments, with both ends of a range included', () => {
    const daily = read('0 2 * * *', 'UTC')
    const noon = at('2026-06-01T02:00:00Z')
    expect(daily.next(noon)).toBe(at('2026-06-02T02:00:00Z'))
    expect(daily.next(noon - 1)).toBe(noon)
    expect(daily.previous(noon)).toBe(at('2026-05-31T02:00:00Z'))
    expect(daily.previous(noon + 1)).toBe(noon)
    expect([...daily.between(noon, at('2026-06-03T02:00:00Z'))]).toHaveLength(3)
    expect([...daily.between(noon + 1, noon + 2)]).toEqual([])
  })

  it('agree forwards and backwards over both changes of the clocks', () => {
    for (const expression of ['30 2 * * *', '*/30 * * * *', '30 2,14 * * *', '15 0-23/3 * * 1-5', '0 0 1 * *']) {
      const cron = read(expression, 'Europe/Berlin')
      const spring = cron.between(at('2026-03-27T00:00:00Z'), at('2026-04-02T00:00:00Z'))
      const autumn = cron.between(at('2026-10-23T00:00:00Z'), at('2026-11-02T00:00:00Z'))
      for (const time of [...spring, ...autumn]) expect(cron.next(cron.previous(time)!)).toBe(time)
    }
  })

  it('move a time of day that does not exist to the end of the gap, on the same day', () => {
    const days = ['2026-03-28T01:30', '2026-03-29T01:00', '2026-03-30T00:30']
    expect(times('30 2 * * *', '2026-03-28T00:00:00Z', '2026-03-30T10:00:00Z')).toEqual(days)
    expect(times('30 2,14 * * *', '2026-03-29T00:00:00Z', '2026-03-29T20:00:00Z')).toEqual(['2026-03-29T01:00', '2026-03-29T12:30'])
  })

  it('take a time of day that comes twice once, the first time', () => {
    const days = ['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30']
    expect(times('30 2 * * *', '2026-10-24T00:00:00Z', '2026-10-26T10:00:00Z')).toEqual(days)
    expect(times('30 2,14 * * *', '2026-10-25T00:00:00Z', '2026-10-25T20:00:00Z')).toEqual(['2026-10-25T00:30', '2026-10-25T13:30'])
  })

  it('keep an interval even when the clocks change', () => {
    const spring = times('*/30 * * * *', '2026-03-29T00:30:00Z', '2026-03-29T02:00:00Z')
    expect(spring).toEqual(['2026-03-29T00:30', '2026-03-29T01:00', '2026-03-29T01:30', '2026-03-29T02:00'])
    expect(times('0 * * * *', '2026-10-24T23:00:00Z', '2026-10-25T02:00:00Z')).toHaveLength(4)
  })

  it('know leap days, and days that never come', () => {
    expect(times('0 0 29 2 *', '2026-01-01T00:00:00Z', '2033-01-01T00:00:00Z', 'UTC')).toEqual(['2028-02-29T00:00', '2032-02-29T00:00'])
    expect(read('0 0 31 2 *', 'UTC').next(0)).toBeNull()
  })

  it.each(['', 'x', '* * * *', '0 * * * * *', '61 * * * *', '5/10 * * * *', '? * * * *', '0 0 * * FOO'])('refuse %j', (expression) => {
    expect(() => read(expression, 'UTC')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    expect(() => read(expression, 'UTC')).toThrow(`received '${expression}'`)
  })

  it('refuse a time zone that does not exist', () => {
    expect(() => read('0 2 * * *', 'Mars/Olympus')).toThrow(/IANA time zone.+'Mars\/Olympus'/)
  })
})
