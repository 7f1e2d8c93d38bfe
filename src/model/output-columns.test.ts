import { describe, expect, it } from 'vitest'
import type { Field } from '../core/field.js'
import { boolean, category, integer, number, tensor, text } from '../core/fields.js'
import { toColumn, toColumns } from './output-columns.js'

function column(field: Field, value: unknown, rows = 2): unknown {
  const { dtype, shape, data, validity } = toColumn('y', field, value as never, rows)
  expect(dtype).toBe(field.dtype)
  return validity === null ? [shape, data] : [shape, data, validity]
}

describe('output columns', () => {
  it('are cast to the storage of their field', () => {
    expect(column(number(), Float32Array.of(0.5, 1.5))).toEqual([[], Float64Array.of(0.5, 1.5)])
    expect(column(number(), [1, 2n])).toEqual([[], Float64Array.of(1, 2)])
    expect(column(integer(), Int32Array.of(1, 2))).toEqual([[], BigInt64Array.of(1n, 2n)])
    expect(column(integer({ dtype: 'int8' }), [1, 2])).toEqual([[], Int8Array.of(1, 2)])
    expect(column(boolean(), [true, false])).toEqual([[], Uint8Array.of(1, 0)])
    expect(column(boolean(), Uint8Array.of(1, 0))).toEqual([[], Uint8Array.of(1, 0)])
    expect(column(category(['a', 'b']), ['a', 'b'])).toEqual([[], ['a', 'b']])
  })

  it('are taken from tensors of one element a row', () => {
    expect(column(number(), { dtype: 'float32', shape: [2, 1], data: Float32Array.of(1, 2) })).toEqual([[], Float64Array.of(1, 2)])
    expect(column(number(), { dtype: 'float16', shape: [2], data: Uint16Array.of(0x3e00, 0) })).toEqual([[], Float64Array.of(1.5, 0)])
  })

  it('keep the shape of tensors, or take it from the field', () => {
    const data = Float32Array.of(1, 2, 3, 4)
    expect(column(tensor({ dtype: 'float32', shape: [null] }), { dtype: 'float32', shape: [2, 2], data })).toEqual([[2], data])
    expect(column(tensor({ dtype: 'float32', shape: [1, 2] }), data)).toEqual([[1, 2], data])
    expect(column(tensor({ dtype: 'float64', shape: [2, null] }), data)).toEqual([[2, 1], Float64Array.from(data)])
  })

  it('have null for what is absent', () => {
    expect(column(number({ optional: true }), [1, null])).toEqual([[], Float64Array.of(1, Number.NaN), Uint8Array.of(1, 0)])
    expect(column(text({ optional: true }), [undefined, 'a'])).toEqual([[], ['', 'a'], Uint8Array.of(0, 1)])
    expect(column(integer({ optional: true }), [null, 3])).toEqual([[], BigInt64Array.of(0n, 3n), Uint8Array.of(0, 1)])
    const given = { dtype: 'float64', shape: [], data: Float64Array.of(1, 2), validity: Uint8Array.of(0, 1) }
    expect(column(number(), given)).toEqual([[], Float64Array.of(1, 2), Uint8Array.of(0, 1)])
  })

  it.each<[Field, unknown, string, RegExp]>([
    [number(), [1], 'POSTPROCESS_FAILED', /expected 2 elements for output `y`, received 1/],
    [number(), 7, 'POSTPROCESS_FAILED', /expected a column or its elements for output `y`, received 7/],
    [number(), ['1', '2'], 'OUTPUT_TYPE', /expected a number for output `y`: element 0 is '1'/],
    [integer(), [1, 0.5], 'OUTPUT_TYPE', /expected a whole number for output `y`: element 1 is 0.5, which is not whole/],
    [integer({ dtype: 'uint8' }), [1, -1], 'OUTPUT_TYPE', /element 1 is -1, which is out of range/],
    [category(['a']), ['a', 4], 'OUTPUT_TYPE', /expected one of 'a' for output `y`: element 1 is 4/],
    [
      tensor({ dtype: 'float32', shape: [3] }),
      [1, 2, 3, 4],
      'POSTPROCESS_FAILED',
      /expected float32\[2,3\] for output `y`, received 4 elements/,
    ],
    [
      tensor({ dtype: 'float32', shape: [3] }),
      { dtype: 'float32', shape: [2, 2], data: new Float32Array(4) },
      'POSTPROCESS_FAILED',
      /received \[2,2\]/,
    ],
    [
      number(),
      { dtype: 'float64', shape: [], data: new Float64Array(2), validity: new Uint8Array(3) },
      'POSTPROCESS_FAILED',
      /validity of 2 rows/,
    ],
  ])('%# are refused when they do not fit', (field, value, code, message) => {
    expect(() => column(field, value)).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }))
  })

  it('must be those of the signature', () => {
    expect(() => toColumns({}, { y: number() }, 1)).toThrow(/postprocess returned nothing for output `y`/)
    expect(() => toColumns({ y: [1], z: [1] }, { y: number() }, 1)).toThrow(/`z`, which is not an output/)
    expect(() => toColumns(Promise.resolve({}) as never, { y: number() }, 1)).toThrow(/asynchronous/)
  })
})
