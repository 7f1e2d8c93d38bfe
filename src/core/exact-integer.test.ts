import { expect, test } from 'vitest'
import { exactInteger } from './exact-integer.js'

test.each<[string, bigint | null]>([
  ['0', 0n],
  ['-0', 0n],
  ['0.0e99', 0n],
  ['-12', -12n],
  ['1.50e1', 15n],
  ['150e-1', 15n],
  ['150e-2', null],
  ['0.001', null],
  ['1e-400', null],
  ['18446744073709551616', 18_446_744_073_709_551_616n],
  ['1e999999999999', 10n ** 40n],
  ['-1e41', -(10n ** 40n)],
  ['NaN', null],
  ['-Infinity', null],
])('%s stands for %s', (literal, whole) => {
  expect(exactInteger(literal)).toBe(whole)
})
