import * as arrow from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import type { Fields } from '../../core/field.js'
import { boolean, category, integer, number, tensor, text, timestamp } from '../../core/fields.js'
import { createFrameBuilder, type RowPolicy } from '../../core/frame-builder.js'
import type { OutputBatch, OutputColumn } from '../../core/table.js'
import { type ArrowPipe, openArrowPipe } from './arrow-pipe.js'

const policy: RowPolicy = { unknownFields: 'reject', defaultAction: 'reject', gatherable: new Set() }

/** A stream of batches of one column each, as bytes. */
function stream(columns: Readonly<Record<string, arrow.Vector>>): Uint8Array {
  return arrow.tableToIPC(new arrow.Table(columns), 'stream')
}

/** In pieces that cut through messages. */
async function* pieces(bytes: Uint8Array, size = 61): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size))
}

interface Opened {
  readonly pipe: ArrowPipe
  readonly written: Uint8Array[]
}

async function open(bytes: Uint8Array): Promise<Opened> {
  const written: Uint8Array[] = []
  const write = (chunk: Uint8Array): Promise<void> => {
    written.push(chunk)
    return Promise.resolve()
  }
  return { pipe: await openArrowPipe(pieces(bytes), write), written }
}

/** Frame and issues of every batch, all rows at once. */
async function read(bytes: Uint8Array, fields: Fields): Promise<unknown[]> {
  const { pipe } = await open(bytes)
  await pipe.start({ fields, policy, pass: [], output: [] })
  const frames: unknown[] = []
  for await (const batch of pipe.batches()) {
    const { frame, issues } = batch.frame(0, batch.length)
    frames.push({ length: frame.length, columns: { ...frame.columns }, issues })
  }
  return frames
}

function built(fields: Fields, rows: readonly Readonly<Record<string, unknown>>[]): unknown {
  const builder = createFrameBuilder(fields, policy)
  for (const row of rows) builder.appendRow(row)
  const { frame, issues } = builder.build()
  return { length: frame.length, columns: { ...frame.columns }, issues }
}

const { Utf8, Float64, Float32, Int32, Int64, Bool, List, FixedSizeList, Field, Dictionary, Decimal } = arrow
const item = (type: arrow.DataType): arrow.Field => new Field('item', type, true)
const noon = Date.UTC(2026, 0, 2, 12)

type Case = readonly [
  name: string,
  field: Fields[string],
  type: arrow.DataType,
  values: readonly unknown[],
  plain?: (value: never) => unknown,
]

const cases: readonly Case[] = [
  ['float64 as number', number(), new Float64(), [1.5, null, -0, Number.NaN]],
  ['float64 without nulls', number(), new Float64(), [1.5, 2.5]],
  ['float32 as number', number(), new Float32(), [Math.fround(0.1), 2, null]],
  ['int32 as number', number({ optional: true }), new Int32(), [1, null, 3]],
  ['int64 as number', number(), new Int64(), [2n ** 53n + 1n, 3n], Number],
  ['int32 as integer', integer({ dtype: 'int32' }), new Int32(), [1, null, -3]],
  ['int64 as int32, where one does not fit', integer({ dtype: 'int32' }), new Int64(), [1n, 2n ** 40n, null]],
  ['float64 as integer, where one is not whole', integer(), new Float64(), [1, 1.5, null]],
  ['bool', boolean(), new Bool(), [true, false, null, true]],
  ['texts', text(), new Utf8(), ['a', '', 'größer €', null, 'nul\u0000']],
  ['plain texts', text(), new Utf8(), ['one', 'two', 'three']],
  ['categories of a dictionary', category(['a', 'b']), new Dictionary(new Utf8(), new Int32()), ['a', 'b', null, 'a', 'c']],
  ['timestamps', timestamp(), new arrow.TimestampMillisecond(), [noon, null]],
  ['ISO texts as timestamps', timestamp(), new Utf8(), ['2026-01-02T12:00:00Z', 'noon', null]],
  ['lists of fixed size', tensor({ dtype: 'float32', shape: [2] }), new FixedSizeList(2, item(new Float32())), [[1, 2], null, [3, 4]]],
  ['lists', tensor({ dtype: 'float32', shape: [2] }), new List(item(new Float32())), [[1, 2], [3], null, [4, 5]]],
  [
    'lists of equal length',
    tensor({ dtype: 'float64', shape: [2] }),
    new List(item(new Float32())),
    [
      [1, 2],
      [3, 4],
    ],
  ],
  ['lists of texts', tensor({ dtype: 'string', shape: [2] }), new List(item(new Utf8())), [['a', 'b'], ['c']]],
  [
    'lists of free length',
    tensor({ dtype: 'float32', shape: [null] }),
    new List(item(new Float32())),
    [
      [1, 2],
      [3, 4],
    ],
  ],
]

describe('columns of an Arrow stream', () => {
  it.each(cases.map((each) => ({ name: each[0], each })))('$name become what the frame builder makes of their values', async ({ each }) => {
    const [, field, type, values, plain] = each
    const fields = { x: field }
    const rows = values.map((value) => ({ x: value === null || plain === undefined ? value : plain(value as never) }))
    const [frame] = await read(stream({ x: arrow.vectorFromArray(values, type) }), fields)
    expect(frame).toEqual(built(fields, rows))
  })

  it('read decimals as the nearest double', async () => {
    const data = Uint32Array.of(12_34, 0, 0, 0, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff)
    const x = new arrow.Vector([arrow.makeData({ type: new Decimal(2, 10, 128), length: 2, data })])
    const [frame] = await read(stream({ x }), { x: number() })
    expect(frame).toEqual(built({ x: number() }, [{ x: 12.34 }, { x: -0.01 }]))
  })

  it('read microseconds and nanoseconds with what is below the millisecond', async () => {
    const data = BigInt64Array.of(BigInt(noon) * 1000n + 250n)
    const x = new arrow.Vector([arrow.makeData({ type: new arrow.TimestampMicrosecond('UTC'), length: 1, data })])
    const [frame] = await read(stream({ x }), { x: timestamp() })
    expect(frame).toEqual(built({ x: timestamp() }, [{ x: noon + 0.25 }]))
  })

  it('may lack an optional input', async () => {
    const fields = { x: number(), y: number({ optional: true }) }
    expect(await read(stream({ x: arrow.vectorFromArray([1], new Float64()) }), fields)).toEqual([built(fields, [{ x: 1 }])])
  })

  it.each([
    ['an input that is not there', { y: number() }, /no column `y`/],
    ['texts for numbers', { t: number() }, /a column of numbers for input `t`, the stream has Utf8/],
    ['numbers for texts', { x: text() }, /a column of texts/],
    ['numbers for booleans', { x: boolean() }, /a column of booleans/],
    ['numbers for tensors', { x: tensor({ dtype: 'float32', shape: [2] }) }, /a column of lists of float32/],
  ])('are refused as a whole: %s', async (_, fields, message) => {
    const bytes = stream({ x: arrow.vectorFromArray([1], new Float64()), t: arrow.vectorFromArray(['a'], new Utf8()) })
    await expect(read(bytes, fields)).rejects.toMatchObject({ code: 'SOURCE_SCHEMA', message: expect.stringMatching(message) as string })
  })
})

describe('an Arrow stream', () => {
  const good = stream({ x: arrow.vectorFromArray([1, 2, 3], new Float64()) })

  it('that breaks off anywhere is refused', async () => {
    for (let length = 0; length < good.length; length += 8) {
      await expect(read(good.subarray(0, length), { x: number() })).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
    }
  })

  it.each([
    ['text', Buffer.from('id,amount\n1,2\n3,4\n5,6\n')],
    ['a file instead of a stream', arrow.tableToIPC(new arrow.Table({ x: arrow.vectorFromArray([1], new Float64()) }), 'file')],
    ['random bytes after the marker', Uint8Array.of(255, 255, 255, 255, 16, 0, 0, 0, ...Array.from({ length: 64 }, (_, i) => i * 37))],
  ])('that is %s is refused', async (_, bytes) => {
    await expect(read(bytes, { x: number() })).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
  })
})

const output: readonly OutputColumn[] = [
  { name: 'score', type: 'number', dtype: 'float64', shape: [] },
  { name: 'many', type: 'json', dtype: 'float32', shape: [2] },
  { name: 'free', type: 'json', dtype: 'float32', shape: [null] },
  { name: 'when', type: 'timestamp', dtype: 'float64', shape: [] },
  { name: 'ok', type: 'boolean', dtype: 'bool', shape: [] },
  { name: 'label', type: 'text', dtype: 'string', shape: [] },
  { name: '_codes', type: 'text', dtype: 'string', shape: [] },
]

function answerFor(rowNumbers: readonly number[]): OutputBatch {
  const length = rowNumbers.length
  const validity = Uint8Array.from(rowNumbers, (row) => (row === 1 ? 0 : 1))
  return {
    length,
    rowNumbers: Uint32Array.from(rowNumbers),
    columns: [
      { dtype: 'float64', shape: [], data: Float64Array.from(rowNumbers), validity },
      { dtype: 'float32', shape: [2], data: Float32Array.from(rowNumbers.flatMap((row) => [row, -row])), validity },
      { dtype: 'object', shape: [], data: rowNumbers.map((row) => Array.from({ length: row }, () => row)), validity: null },
      { dtype: 'float64', shape: [], data: Float64Array.from(rowNumbers, (row) => noon + row), validity: null },
      { dtype: 'bool', shape: [], data: Uint8Array.from(rowNumbers, (row) => row % 2), validity: null },
      { dtype: 'string', shape: [], data: rowNumbers.map((row) => `é${row}`), validity },
      { values: [null, 'A'], indices: Uint32Array.from(rowNumbers, (row) => (row === 1 ? 1 : 0)) },
    ],
  }
}

async function transformed(rows: readonly number[]): Promise<unknown[]> {
  const passed = { id: arrow.vectorFromArray([7n, null, 9n], new Int64()), word: arrow.vectorFromArray(['a', 'b', 'a']) }
  const { pipe, written } = await open(stream({ x: arrow.vectorFromArray([1, 2, 3], new Float64()), ...passed }))
  await pipe.start({ fields: { x: number() }, policy, pass: ['word', 'id'], output })
  for await (const batch of pipe.batches()) await batch.answer(answerFor(rows))
  await pipe.end()
  return Array.from(arrow.tableFromIPC(Buffer.concat(written)), (row) => JSON.parse(JSON.stringify(row, plain)) as unknown)
}

function plain(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value
}

describe('scored rows', () => {
  const expected = [
    { word: 'a', id: 7, score: 0, many: [0, 0], free: [], when: noon, ok: false, label: 'é0', _codes: null },
    { word: 'b', id: null, score: null, many: null, free: [1], when: noon + 1, ok: true, label: null, _codes: 'A' },
    { word: 'a', id: 9, score: 2, many: [2, -2], free: [2, 2], when: noon + 2, ok: false, label: 'é2', _codes: null },
  ]

  it('follow the columns that are passed on', async () => {
    expect(await transformed([0, 1, 2])).toEqual(expected)
  })

  it('may be some of the rows, with what belongs to them', async () => {
    expect(await transformed([2])).toEqual([expected[2]])
    expect(await transformed([0, 1])).toEqual([expected[0], expected[1]])
    expect(await transformed([])).toEqual([])
  })
})
