import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SlipwayError } from '../core/errors.js'
import { Budget, defaultArtifactLimits } from './limits.js'
import { WireReader } from './wire-reader.js'
import { type MessageShape, unknownShape } from './message-shapes.js'
import { bytesField, integerField, join, stringField } from './wire-writer.js'

function over(bytes: Uint8Array | readonly number[], limits: Partial<typeof defaultArtifactLimits> = {}, shape = unknownShape): WireReader {
  return WireReader.over(Uint8Array.from(bytes), shape, new Budget({ ...defaultArtifactLimits, ...limits }))
}

/** A message whose field 1 may have these wire types. */
function shapeOf(wires: number): MessageShape {
  return { ...unknownShape, wires: Uint8Array.of(0, wires) }
}

function first(bytes: readonly number[]): WireReader {
  const reader = over(bytes)
  expect(reader.next()).toBe(true)
  return reader
}

/** A signed 64-bit value as protobuf writes it. */
function varint(value: bigint): number[] {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, value)
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128)
    rest >>= 7n
  }
  return [...bytes, Number(rest)]
}

describe('WireReader', () => {
  it('reads every 64-bit integer exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(first([8, ...varint(value)]).int64()).toBe(value)
      }),
    )
    for (const value of [0n, 127n, 128n, 2n ** 49n - 1n, 2n ** 49n, 2n ** 53n, 2n ** 56n + 1n, 2n ** 63n - 1n, -1n, -(2n ** 63n)]) {
      expect(first([8, ...varint(value)]).int64()).toBe(value)
    }
  })

  it('reads integers as numbers up to 2^53 and refuses larger ones as over a limit', () => {
    expect(first([8, ...varint(2n ** 53n - 1n)]).integer()).toBe(Number.MAX_SAFE_INTEGER)
    expect(first([8, ...varint(-7n)]).integer()).toBe(-7)
    expect(() => first([8, ...varint(2n ** 53n)]).integer()).toThrow(expect.objectContaining({ code: 'ARTIFACT_LIMIT' }))
  })

  it('reads back whatever fields the writer writes', () => {
    const field = fc.record({ field: fc.integer({ min: 1, max: 31 }), value: fc.oneof(fc.maxSafeNat(), fc.string({ unit: 'grapheme' })) })
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        const pieces = fields.flatMap(({ field, value }) =>
          typeof value === 'string' ? stringField(field, value) : [integerField(field, value)],
        )
        const reader = over(join(pieces))
        const seen: unknown[] = []
        while (reader.next()) {
          const wanted = fields[seen.length]!
          seen.push({ field: reader.field, value: typeof wanted.value === 'string' ? reader.string() : reader.integer() })
        }
        expect(seen).toEqual(fields)
      }),
    )
  })

  it('gives views into the file, not copies', () => {
    const file = Uint8Array.from(join(bytesField(1, Uint8Array.of(1, 2, 3))))
    const reader = WireReader.over(file, unknownShape, new Budget(defaultArtifactLimits))
    reader.next()
    expect(reader.bytes().buffer).toBe(file.buffer)
  })

  it('skips fields that nobody reads, fixed-width ones included', () => {
    const reader = over(
      [
        [9, 1, 2, 3, 4, 5, 6, 7, 8],
        [21, 1, 2, 3, 4],
        [26, 2, 0, 0],
        [32, 5],
      ].flat(),
    )
    const fields: number[] = []
    while (reader.next()) fields.push(reader.field)
    expect(fields).toEqual([1, 2, 3, 4])
  })

  it.each([
    ['an unfinished number', [8, 0x80]],
    ['a number of more than 64 bits', [8, ...Array.from({ length: 9 }, () => 0xff), 2]],
    ['a number that never ends', [8, ...Array.from({ length: 20 }, () => 0xff)]],
    ['field number 0', [0, 0]],
    ['a tag beyond 32 bits', [0x88, 0x80, 0x80, 0x80, 0x80, 1, 0]],
    ['a group', [11, 12]],
    ['wire type 7', [15, 0]],
    ['a length past the end', [10, 5, 1, 2]],
    ['a length of 2^63', [10, ...varint(2n ** 63n - 1n)]],
    ['a fixed 64 cut short', [9, 1, 2, 3]],
    ['a fixed 32 cut short', [13, 1, 2]],
  ])('refuses %s', (_, bytes) => {
    const reader = over(bytes)
    expect(() => {
      while (reader.next());
    }).toThrow(expect.objectContaining({ code: 'ARTIFACT_INVALID' }))
  })

  it('refuses a field of another wire type than expected, and a single field given twice', () => {
    expect(() => first([8, 1]).string()).toThrow(/wire type 0 instead of 2/u)
    const reader = over([8, 1, 8, 2])
    reader.next()
    reader.once().integer()
    reader.next()
    expect(() => reader.once()).toThrow(/field 1 given twice/u)
  })

  it('refuses a known field of another wire type, read or not', () => {
    expect(() => over([8, 1], {}, shapeOf(4)).next()).toThrow(/field 1 with wire type 0/u)
    expect(over([8, 1], {}, shapeOf(5)).next()).toBe(true)
  })

  it('names the path and the byte in its errors', () => {
    const inner = join(bytesField(1, Uint8Array.of(10, 9)))
    const reader = over(join(bytesField(7, inner)))
    reader.next()
    const graph = reader.message('graph')
    graph.next()
    const node = graph.message('node[0]')
    node.next()
    expect(() => node.bytes()).toThrow(/at byte 6 \(graph\.node\[0\]\)/u)
  })

  it('refuses texts that are not UTF-8', () => {
    expect(() => first([10, 2, 0xc3, 0x28]).string()).toThrow(expect.objectContaining({ code: 'ARTIFACT_INVALID' }))
  })

  it('keeps its limits: size, depth, length of texts, number of fields', () => {
    const limit = expect.objectContaining({ code: 'ARTIFACT_LIMIT' }) as SlipwayError
    expect(() => over(new Uint8Array(11), { sizeBytes: 10 })).toThrow(limit)
    expect(() => {
      const reader = over([10, 0], { depth: 1 })
      reader.next()
      reader.message('inner')
    }).toThrow(limit)
    expect(() => {
      const reader = over([10, 3, 97, 98, 99], { stringBytes: 2 })
      reader.next()
      reader.string()
    }).toThrow(limit)
    expect(() => {
      const reader = over([8, 1, 8, 1, 8, 1], { fields: 2 })
      while (reader.next());
    }).toThrow(limit)
  })

  it('reads repeated integers packed or not', () => {
    const seen: bigint[] = []
    const reader = over([10, 3, ...varint(5n), ...varint(300n), 8, 7])
    while (reader.next()) reader.eachInt64((value) => seen.push(value))
    expect(seen).toEqual([5n, 300n, 7n])
  })
})
