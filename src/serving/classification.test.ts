import { describe, expect, it } from 'vitest'
import { bestClasses } from './classification.js'

describe('bestClasses', () => {
  it('ranks each row, best first, with labels where there are some', () => {
    const tensor = { dtype: 'float32', shape: [2, 3], data: Float32Array.of(0.25, 0.5, 0.125, 3, 2, 1) } as const
    expect(bestClasses(tensor, 2, ['cat', 'dog'])).toEqual({
      dtype: 'string',
      shape: [2, 2],
      data: ['0.5:1:dog', '0.25:0:cat', '3:0:cat', '2:1:dog'],
    })
    expect(bestClasses(tensor, 9, null).data).toEqual(['0.5:1', '0.25:0', '0.125:2', '3:0', '2:1', '1:2'])
  })

  it('puts NaN last and infinities where they belong', () => {
    const tensor = { dtype: 'float64', shape: [1, 4], data: Float64Array.of(Number.NaN, -Infinity, Infinity, 0) } as const
    expect(bestClasses(tensor, 3, null).data).toEqual(['Infinity:2', '0:3', '-Infinity:1'])
  })

  it('ranks 64-bit integers exactly', () => {
    const tensor = { dtype: 'int64', shape: [1, 2], data: BigInt64Array.of(9007199254740992n, 9007199254740993n) } as const
    expect(bestClasses(tensor, 1, null).data).toEqual(['9007199254740993:1'])
  })

  it('ranks half floats as the numbers that they are', () => {
    const tensor = { dtype: 'float16', shape: [1, 3], data: Uint16Array.of(0xbc00, 0x3c00, 0x0000) } as const
    expect(bestClasses(tensor, 3, null).data).toEqual(['1:1', '0:2', '-1:0'])
  })

  it('refuses texts', () => {
    expect(() => bestClasses({ dtype: 'string', shape: [1, 1], data: ['a'] }, 1, null)).toThrow(/no classes/)
  })
})
