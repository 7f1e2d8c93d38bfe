import { describe, expect, it } from 'vitest'
import { checkPlaceholders, fillPlaceholders, hasPlaceholders } from './placeholders.js'

const fill = (text: string, time: string, zone = 'Europe/Berlin'): string => fillPlaceholders(text, Date.parse(time), zone)

describe('placeholders', () => {
  it('show the logical time as the time zone does', () => {
    const all = '{date} {datetime} {year}/{month}/{day}/{hour}/{minute}'
    expect(fill(all, '2026-01-31T23:30:00Z')).toBe('2026-02-01 2026-02-01T00:30:00 2026/02/01/00/30')
    expect(fill(all, '2026-01-31T23:30:00Z', 'UTC')).toBe('2026-01-31 2026-01-31T23:30:00 2026/01/31/23/30')
    expect(fill('{hour}', '2026-07-31T22:00:00Z')).toBe('00')
  })

  it('count days on the calendar, also over a change of the clocks', () => {
    expect(fill('{date-1d}', '2026-03-01T01:00:00Z')).toBe('2026-02-28')
    expect(fill('{date+1d} {date-1w}', '2028-02-28T01:00:00Z')).toBe('2028-02-29 2028-02-21')
    // A day of 23 hours: 24 hours before half past midnight would be two dates back.
    expect(fill('{date-1d}', '2026-03-29T22:30:00Z')).toBe('2026-03-29')
    expect(fill('{datetime-1d}', '2026-03-29T22:30:00Z')).toBe('2026-03-29T00:30:00')
  })

  it('count hours and minutes as they pass', () => {
    expect(fill('{hour-1h}', '2026-03-29T01:00:00Z')).toBe('01')
    expect(fill('{datetime+90m}', '2026-01-31T22:00:00Z')).toBe('2026-02-01T00:30:00')
  })

  it('leave globs and queries alone', () => {
    for (const text of ['in/{a,b}.csv', "select {'a': x} from t", 'x{1}', '{}', 'data/[0-9].csv']) {
      expect(hasPlaceholders(text)).toBe(false)
      expect(fill(text, '2026-01-31T22:00:00Z')).toBe(text)
      checkPlaceholders(text)
    }
  })

  it.each(['{dat}', '{date - 1d}', '{date-1y}', '{Date}', '{date-}', '{constructor}'])('refuse %s', (text) => {
    expect(hasPlaceholders(text)).toBe(true)
    expect(() => checkPlaceholders(`in/${text}.csv`)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
    expect(() => checkPlaceholders(text)).toThrow(`${text} is no placeholder`)
  })
})
