import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scanNumber } from './scan-number.js'

function scan(text: string): { readonly value: number; readonly end: number } {
  const found = { end: 0 }
  const value = scanNumber(Buffer.from(`${text}\n`), 0, found)
  return { value, end: found.end }
}

describe('scanNumber', () => {
  it.each([
    '0',
    '-0',
    '7',
    '007',
    '1.5',
    '5.',
    '-0.000001',
    '123456789',
    '1234567890',
    '0.1234567891',
    '1e3',
    '-2.5E-7',
    '1.e2',
    '999999999.9',
  ])('reads %s as JavaScript does', (text) => {
    expect(scan(text)).toEqual({ value: Number(text), end: text.length })
  })

  it.each(['', '-', '+1', '.5', ' 1', 'x', 'e5', '1e', '1e+', 'NaN', '123456789012345678901'])('leaves %j to others', (text) => {
    expect(scan(text).value).toBeNaN()
  })

  it('gives the nearest double, or none', () => {
    const text = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.stringMatching(/^-?\d{1,20}(\.\d{0,20})?([eE][-+]?\d{1,3})?$/),
    )
    fc.assert(
      fc.property(text, (digits) => {
        const { value, end } = scan(digits)
        if (Number.isNaN(value)) return
        expect(value).toBe(Number(digits))
        expect(end).toBe(digits.length)
      }),
      { numRuns: 2000 },
    )
  })
})
