import { describe, expect, it } from 'vitest'
import type { Column } from '../core/frame.js'
import { codesText, partsOf, valueWriter } from './stored-value.js'

const column = (dtype: Column['dtype'], data: unknown, validity: Uint8Array | null = null, shape: readonly number[] = []): Column =>
  ({ dtype, data, validity, shape }) as Column

describe('a stored value', () => {
  it('prints outputs to the last digit, and leaves codes out where there are none', () => {
    const columns = [
      column('float32', Float32Array.of(0.1, -0)),
      column('int64', BigInt64Array.of(9007199254740993n, 1n)),
      column('string', ['a "b" ,"source":"x"', ''], Uint8Array.of(1, 0)),
      column('float64', Float64Array.of(1, Number.NaN, 3, 4), null, [2]),
    ]
    const write = valueWriter(['p', 'n', 't', 'v'], columns)
    expect(write(0, '"model"', '')).toBe(
      '{"output":{"p":0.10000000149011612,"n":9007199254740993,"t":"a \\"b\\" ,\\"source\\":\\"x\\"","v":[1,null]},"source":"model"}',
    )
    expect(write(1, '"fallback:heuristic"', codesText('INPUT_RANGE:amount,DEADLINE'))).toBe(
      '{"output":{"p":-0,"n":1,"t":null,"v":[3,4]},"source":"fallback:heuristic","codes":["INPUT_RANGE:amount","DEADLINE"]}',
    )
  })

  it.each([
    ['{"output":{"y":1},"source":"model"}', '"output":{"y":1},"source":"stored","scoredBy":"model","codes":[', ''],
    [
      '{"output":{"t":",\\"source\\":\\"x\\",\\"codes\\":[1]}"},"source":"fallback:a","codes":["A:b","C"]}',
      '"output":{"t":",\\"source\\":\\"x\\",\\"codes\\":[1]}"},"source":"stored","scoredBy":"fallback:a","codes":[',
      '"A:b","C"',
    ],
  ])('is cut where an answer is put together: %s', (value, head, codes) => {
    expect(partsOf(value)).toEqual({ head, codes })
    expect(JSON.parse(`{${head}${codes}]}`)).toMatchObject({ output: (JSON.parse(value) as { output: unknown }).output, source: 'stored' })
  })

  it.each(['', 'null', '{"output":{"y":1}}', '{"source":"model","output":{}}', '{"output":{},"source":"model"'])(
    'that slipway did not write is damaged: %s',
    (value) => {
      expect(() => partsOf(value)).toThrow(expect.objectContaining({ code: 'INTEGRITY' }))
    },
  )
})
