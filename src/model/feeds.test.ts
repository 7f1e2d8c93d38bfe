import { describe, expect, it } from 'vitest'
import type { TensorSpec } from '../core/tensor.js'
import { toFeeds } from './feeds.js'

const image: TensorSpec = { name: 'x', dtype: 'float32', shape: [null, 2, null] }

function feed(given: unknown, spec: TensorSpec = image, rows: number | null = 2): unknown {
  const { shape, data } = toFeeds({ [spec.name]: given as never }, [spec], rows)[spec.name]!
  return [shape, data]
}

describe('feeds', () => {
  it('take their dtype and free dimensions from the graph', () => {
    expect(feed([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])).toEqual([[2, 2, 3], Float32Array.from({ length: 12 }, (_, i) => i + 1)])
    expect(feed(Float64Array.of(0.1, 0.2, 0.3, 0.4))).toEqual([[2, 2, 1], Float32Array.of(0.1, 0.2, 0.3, 0.4)])
    expect(feed(Int32Array.of(1, 2, 3, 4), { name: 'x', dtype: 'int64', shape: [null, 2] })).toEqual([
      [2, 2],
      BigInt64Array.of(1n, 2n, 3n, 4n),
    ])
    expect(feed([true, false], { name: 'x', dtype: 'bool', shape: [null] })).toEqual([[2], Uint8Array.of(1, 0)])
    expect(feed([1.5, 0], { name: 'x', dtype: 'float16', shape: [null] })).toEqual([[2], Uint16Array.of(0x3e00, 0)])
    expect(feed(Uint16Array.of(0x3e00, 0), { name: 'x', dtype: 'float16', shape: [null] })).toEqual([[2], Uint16Array.of(0x3e00, 0)])
    expect(feed(['a', 'b'], { name: 'x', dtype: 'string', shape: [null, 1] })).toEqual([
      [2, 1],
      ['a', 'b'],
    ])
    expect(feed([1, 2], { name: 'x', dtype: 'uint8', shape: [2] }, null)).toEqual([[2], Uint8Array.of(1, 2)])
  })

  it('are used as they are when they fit', () => {
    const data = Float32Array.of(1, 2, 3, 4)
    const [, given] = feed(data) as [unknown, unknown]
    expect(given).toBe(data)
    expect(feed({ dtype: 'float32', shape: [2, 2, 1], data })).toEqual([[2, 2, 1], data])
  })

  it('may be columns', () => {
    const column = { dtype: 'float64', shape: [], data: Float64Array.of(1, 2), validity: null }
    expect(feed(column, { name: 'x', dtype: 'float32', shape: [null, 1] })).toEqual([[2, 1], Float32Array.of(1, 2)])
  })

  it.each<[unknown, RegExp, TensorSpec?]>([
    [undefined, /nothing for graph input `x`, float32\[\?,2,\?\]/],
    ['text', /expected float32\[2,2,\?\] for graph input `x`, received 'text'/],
    [[1, 2, 3], /expected a multiple of 4 elements for graph input `x`, float32\[2,2,\?\], received 3/],
    [[1, 2, 3], /expected 2 elements for graph input `x`, float32\[2\], received 3/, { name: 'x', dtype: 'float32', shape: [null] }],
    [[1], /has 2 free dimensions: return \{ dtype, shape, data \}/, { name: 'x', dtype: 'float32', shape: [null, null, null] }],
    [[1, 2, 3, 'four'], /element 3 is 'four'$/],
    [[1.5, 1], /element 0 is 1.5, which is not whole/, { name: 'x', dtype: 'int64', shape: [null] }],
    [[1, 300], /element 1 is 300, which is out of range/, { name: 'x', dtype: 'uint8', shape: [null] }],
    [{ dtype: 'float64', shape: [2, 2, 1], data: new Float64Array(4) }, /expected float32\[2,2,\?\] .* received float64\[2,2,1\]/],
    [{ dtype: 'float32', shape: [3, 2, 1], data: new Float32Array(6) }, /expected float32\[2,2,\?\] .* received float32\[3,2,1\]/],
    [{ dtype: 'float32', shape: [2, 2, 1], data: new Float32Array(3) }, /expected 4 elements .* of shape \[2,2,1\], received 3/],
    [{ dtype: 'float32', shape: [2, 2, 1], data: new Float64Array(4) }, /expected float32 data .* elements of 8 bytes/],
  ])('%# are refused when they do not fit', (given, message, spec) => {
    expect(() => feed(given, spec)).toThrow(expect.objectContaining({ code: 'PREPROCESS_FAILED', message: expect.stringMatching(message) }))
  })

  it('are refused under names that the graph does not have, and when they come later', () => {
    expect(() => toFeeds({ x: [1], z: [1] }, [{ name: 'x', dtype: 'float32', shape: [null] }], 1)).toThrow(
      /`z`, which the graph does not take; it takes `x`/,
    )
    expect(() => toFeeds(Promise.resolve({}) as never, [image], 1)).toThrow(/asynchronous/)
    expect(() => toFeeds(null as never, [image], 1)).toThrow(/preprocess returned null/)
  })
})
