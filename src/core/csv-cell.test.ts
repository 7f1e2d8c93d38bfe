import { describe, expect, it } from 'vitest'
import { booleanOf, cellValue, elementOf, numberOf, wholeNumber } from './csv-cell.js'
import { number, tensor, text, timestamp } from './fields.js'

describe('the cells of CSV', () => {
  it.each([
    [' 1.5 ', 1.5],
    ['+1', 1],
    ['.5', 0.5],
    ['5.', 5],
    ['1e400', Infinity],
    ['NaN', Number.NaN],
    ['-INF', -Infinity],
    ['0x10', '0x10'],
    ['1,5', '1,5'],
  ])('read %j as the number %j', (cell, value) => {
    expect(numberOf(cell)).toEqual(value)
  })

  it('keep every digit of a whole number', () => {
    expect(wholeNumber('+9007199254740993')).toBe(9007199254740993n)
    expect(wholeNumber('1.5')).toBe(1.5)
  })

  it('are missing where they are empty, but not as texts', () => {
    expect(cellValue(' ', number())).toBeNull()
    expect(cellValue('', text())).toBe('')
    expect(elementOf('', tensor({ dtype: 'float32', shape: [2] }))).toBeNaN()
  })

  it('hold truth in several ways', () => {
    expect(['TRUE', '1', 'False', '0', 'yes'].map(booleanOf)).toEqual([true, true, false, false, 'yes'])
  })

  it('hold a whole tensor as JSON, and stay texts where that is none', () => {
    const field = tensor({ dtype: 'float32', shape: [2] })
    expect(cellValue(' [1, 2.5]', field)).toEqual([1, 2.5])
    expect(cellValue('[1', field)).toBe('[1')
  })

  it('hold times as numbers or ISO texts', () => {
    expect(cellValue('1000', timestamp())).toBe(1000)
    expect(cellValue(' 2024-01-01 ', timestamp())).toBe('2024-01-01')
  })
})
