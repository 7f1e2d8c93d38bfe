import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseIsoTime } from './iso-time.js'

test('every time that toISOString writes is read back', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
      (date) => {
        expect(parseIsoTime(date.toISOString())).toBe(date.getTime())
      },
    ),
  )
})

test.each([
  ['2024-02-29', Date.UTC(2024, 1, 29)],
  ['2024-02-29T12:30Z', Date.UTC(2024, 1, 29, 12, 30)],
  ['2024-02-29T12:30:15+02:00', Date.UTC(2024, 1, 29, 10, 30, 15)],
  ['2024-02-29T12:30:15.5-05:30', Date.UTC(2024, 1, 29, 18, 0, 15, 500)],
  ['2024-01-01T00:00:00.123456Z', Date.UTC(2024, 0, 1) + 123.456],
  ['0001-01-01T00:00:00Z', new Date('0001-01-01T00:00:00Z').getTime()],
])('%s is %d', (text, expected) => {
  expect(parseIsoTime(text)).toBe(expected)
})

test.each([
  '2023-02-29',
  '2100-02-29',
  '2024-13-01',
  '2024-00-10',
  '2024-04-31',
  '2024-01-01T24:00:00Z',
  '2024-01-01T00:60:00Z',
  '2024-01-01T00:00:60Z',
  '2024-01-01T00:00:00',
  '2024-01-01 00:00:00Z',
  '2024-01-01T00:00:00+2',
  '2024-01-01T00:00:00+24:00',
  '20240101T000000Z',
  '24-01-01',
  '2024-1-1',
  ' 2024-01-01',
  '2024-01-01T00:00:00Z ',
  '1704067200000',
  'yesterday',
  '',
])('%j is no time', (text) => {
  expect(parseIsoTime(text)).toBe(null)
})
