import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Column } from '../../core/frame.js'
import { float16ToNumber } from '../../core/half.js'
import { elementCount } from '../../core/tensor.js'
import type { OutputBatch, OutputColumn, RepeatedTexts } from '../../core/table.js'
import { openEngine } from '../duckdb/engine.js'
import type { Engine } from '../duckdb/engine.js'
import { joinParts } from './join-parts.js'
import { PartFile } from './part-file.js'

let folder: string
let engine: Engine
beforeAll(async () => {
  engine = await openEngine(null, { memoryMb: 512 })
})
afterAll(() => engine.close())
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-parquet-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Values of the rows of one column in batches, each as DuckDB's reader is to tell it. */
interface Case {
  readonly column: OutputColumn
  readonly batches: readonly (Column | RepeatedTexts)[]
  readonly expected: readonly unknown[]
}

const specOf = (dtype: OutputColumn['dtype'], shape: OutputColumn['shape'] = []): OutputColumn => ({
  name: 'x',
  type: 'json',
  dtype,
  shape,
})

/** As the engine tells rows: what JSON cannot hold as text. -0 is told apart too. */
const exactly = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(exactly)
  if (typeof value === 'bigint') return String(value)
  if (typeof value !== 'number') return value
  return Object.is(value, -0) ? '-0' : Number.isFinite(value) ? value : String(value)
}

async function readBack(cases: readonly Case[], groupRows: number, parts: number): Promise<readonly Record<string, unknown>[]> {
  const columns = cases.map(({ column }, i) => ({ ...column, name: `x${i}` }))
  const counts = cases[0]!.batches.map(lengthOf)
  const paths: string[] = []
  for (let part = 0; part < parts; part++) {
    const path = join(folder, `${paths.length}.parquet`)
    const file = new PartFile({ path, columns, createdBy: 'slipway test', groupRows })
    for (const [at, length] of counts.entries()) {
      if (at % parts !== part) continue
      const batch: OutputBatch = { length, columns: cases.map(({ batches }) => batches[at]!), rowNumbers: new Uint32Array(length) }
      await file.append(batch)
    }
    await file.finish()
    paths.push(path)
  }
  const target = join(folder, 'joined.parquet')
  await rm(target, { force: true })
  await joinParts(paths, target, { columns, createdBy: 'slipway test' })
  const rows = await engine.rows(`FROM read_parquet('${target}', file_row_number = true) ORDER BY file_row_number`)
  for (const path of paths) await rm(path)
  return rows
}

function lengthOf(column: Column | RepeatedTexts): number {
  return 'indices' in column ? column.indices.length : column.data.length / elementCount(column.shape)
}

/** Where what is read back is not what was written: none, when all is well. */
async function differences(cases: readonly Case[], groupRows: number, parts = 1): Promise<readonly unknown[]> {
  const rows = await readBack(cases, groupRows, parts)
  return cases.flatMap((each, i) => {
    const expected = partOrder(each, parts).map(exactly)
    const read = rows.map((row) => exactly(row[`x${i}`]))
    const at = read.length === expected.length ? expected.findIndex((value, row) => !isDeepStrictEqual(value, read[row])) : 0
    return at === -1 ? [] : [{ column: i, rows: read.length, row: at, expected: expected[at], read: read[at] }]
  })
}

/** The batches go round the parts, and the parts follow one another. */
function partOrder({ batches, expected }: Case, parts: number): readonly unknown[] {
  let start = 0
  const byBatch = batches.map((batch) => expected.slice(start, (start += lengthOf(batch))))
  return Array.from({ length: parts }, (_, part) => byBatch.filter((__, at) => at % parts === part)).flat(2)
}

const cell = {
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32_768, max: 32_767 }),
  int32: fc.integer(),
  uint8: fc.nat(255),
  uint16: fc.nat(65_535),
  uint32: fc.nat(2 ** 32 - 1),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  uint64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  float16: fc.nat(0xff_ff).filter((bits) => !Number.isNaN(float16ToNumber(bits))),
  float32: fc.float(),
  float64: fc.double(),
  bool: fc.nat(1),
  string: fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', 'a', 'ä', '\0', '🦄', 'x'.repeat(40))),
} as const

const arrays = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  int64: BigInt64Array,
  uint64: BigUint64Array,
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
  bool: Uint8Array,
} as const

type Name = keyof typeof cell

const told = (dtype: Name, value: unknown): unknown => {
  if (dtype === 'bool') return value === 1
  return dtype === 'float16' ? float16ToNumber(value as number) : value
}

function nested(values: readonly unknown[], shape: readonly number[]): unknown {
  const [length, ...rest] = shape
  if (length === undefined) return values[0]
  const size = elementCount(rest)
  return Array.from({ length }, (_, i) => nested(values.slice(i * size, (i + 1) * size), rest))
}

/** A column in batches of given lengths; each batch of a tensor has a shape of its own where the plan leaves dimensions free. */
function columnCase(lengths: readonly number[]): fc.Arbitrary<Case> {
  return fc
    .record({
      dtype: fc.constantFrom(...(Object.keys(cell) as Name[])),
      rank: fc.constantFrom(0, 0, 0, 1, 2, 3),
      nulls: fc.constantFrom(0, 0.1, 0.5, 1),
    })
    .chain(({ dtype, rank, nulls }) => {
      const shapes = fc.tuple(...lengths.map(() => fc.array(fc.nat(3), { minLength: rank, maxLength: rank })))
      return shapes.chain((of) => {
        const batches = lengths.map((length, i) => {
          const size = elementCount(of[i]!)
          const values = fc.array(cell[dtype] as fc.Arbitrary<unknown>, { minLength: length * size, maxLength: length * size })
          const valid = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: length, maxLength: length })
          return fc.tuple(values, valid, fc.constant(of[i]!))
        })
        return fc.tuple(...batches).map((made) => ({
          column: specOf(
            dtype,
            Array.from({ length: rank }, () => null),
          ),
          batches: made.map(([values, valid, shape]) => ({
            dtype,
            shape,
            data: dtype === 'string' ? values : (arrays[dtype] as Float64ArrayConstructor).from(values as number[]),
            validity: nulls === 0 ? null : Uint8Array.from(valid, (chance) => (chance < nulls ? 0 : 1)),
          })) as unknown as Column[],
          expected: made.flatMap(([values, valid, shape]) => {
            const size = elementCount(shape)
            const plain = values.map((value) => told(dtype, value))
            return valid.map((chance, row) =>
              nulls > 0 && chance < nulls ? null : nested(plain.slice(row * size, (row + 1) * size), shape),
            )
          }),
        }))
      })
    })
}

it('every value of every column reads back, whatever the batches, the row groups and the parts', async () => {
  const table = fc
    .array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 })
    .chain((lengths) =>
      fc.tuple(
        fc.array(columnCase(lengths), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 3 }),
      ),
    )
  await fc.assert(
    // A batch whose elements are none tells its length by nothing: the columns of one table are to agree on it.
    fc.asyncProperty(table, async ([cases, groupRows, parts]) => {
      const dense = cases.filter(({ batches }) => batches.every((batch) => 'indices' in batch || elementCount(batch.shape) > 0))
      expect(dense.length === 0 ? [] : await differences(dense, groupRows, parts)).toEqual([])
    }),
    { numRuns: 150 },
  )
})

it('floats keep NaN, infinities and the sign of zero; a filter finds the NaN', async () => {
  const values = [Number.NaN, Infinity, -Infinity, -0, 0, 5e-324, 1.7976931348623157e308]
  const data = Float64Array.from(values)
  const single = Float32Array.from([Number.NaN, Infinity, -Infinity, -0, 0, 2 ** -149, 1])
  expect(
    await differences(
      [
        { column: specOf('float64'), batches: [{ dtype: 'float64', shape: [], data, validity: null }], expected: values },
        { column: specOf('float32'), batches: [{ dtype: 'float32', shape: [], data: single, validity: null }], expected: [...single] },
      ],
      100,
    ),
  ).toEqual([])
  expect(await engine.rows(`SELECT count(*) AS n FROM read_parquet('${join(folder, 'joined.parquet')}') WHERE x0 > 1e300`)).toEqual([
    { n: '3' },
  ])
})

it('empty lists are no nulls, whichever dimension is empty', async () => {
  for (const [shape, value] of [
    [[0], []],
    [[0, 2], []],
    [
      [2, 0],
      [[], []],
    ],
    [
      [2, 0, 3],
      [[], []],
    ],
    [[1, 2, 0], [[[], []]]],
  ] as const) {
    const column = {
      ...specOf(
        'float32',
        shape.map(() => null),
      ),
      name: 'x0',
    }
    const path = join(folder, `${shape.join('-')}.parquet`)
    const file = new PartFile({ path, columns: [column], createdBy: 'slipway test' })
    const full = { dtype: 'float32', shape: shape.map(() => 1), data: Float32Array.of(7), validity: null } as const
    const rowNumbers = Uint32Array.of(0, 1, 2)
    const empty = { dtype: 'float32', shape, data: new Float32Array(0), validity: Uint8Array.of(1, 0, 1) } as const
    await file.append({ length: 3, columns: [empty], rowNumbers })
    await file.append({ length: 1, columns: [full], rowNumbers })
    await file.finish()
    const rows = await engine.rows(`FROM read_parquet('${path}')`)
    expect(rows.map((row) => row['x0'])).toEqual([value, null, value, nested([7], full.shape)])
  }
})

it('values of a list may be null, and text of JSON is text', async () => {
  const data = [{ a: 1 }, null, 'ä', 2n]
  const json = ['{"a":1}', null, '"ä"', '2']
  expect(
    await differences(
      [
        {
          column: specOf('object', [2]),
          batches: [{ dtype: 'object', shape: [2], data, validity: null }],
          expected: [json.slice(0, 2), json.slice(2)],
        },
        {
          column: specOf('object'),
          batches: [{ dtype: 'object', shape: [], data: data.slice(0, 2), validity: null }],
          expected: json.slice(0, 2),
        },
      ],
      100,
    ),
  ).toEqual([])
})

it('texts above a mebibyte, and more of them than a dictionary takes, read back', async () => {
  const length = 70_000
  const many = Array.from({ length }, (_, i) => `text ${i}`)
  const few = Array.from({ length }, (_, i) => `${i % 300}`)
  const large = Array.from({ length }, (_, i) => (i % 20_000 === 7 ? 'ä'.repeat(700_000) + i : 'small'))
  const repeated: RepeatedTexts = { values: [null, ...many], indices: Uint32Array.from({ length }, (_, i) => i) }
  const texts = (data: string[]): Case => ({
    column: specOf('string'),
    batches: [{ dtype: 'string', shape: [], data, validity: null }],
    expected: data,
  })
  expect(
    await differences(
      [texts(many), texts(few), texts(large), { column: specOf('string'), batches: [repeated], expected: [null, ...many.slice(0, -1)] }],
      131_072,
    ),
  ).toEqual([])
})

it('a dictionary may have more than 65,535 texts', async () => {
  const length = 300_000
  const batches = Array.from({ length: 30 }, (_, at) =>
    Array.from({ length: 10_000 }, (__, i) => (at < 23 ? 'one' : (at * 10_000 + i).toString(36))),
  )
  const texts = batches.map((data): Column => ({ dtype: 'string', shape: [], data, validity: null }))
  expect(await differences([{ column: specOf('string'), batches: texts, expected: batches.flat() }], length)).toEqual([])
  const used = await engine.rows(`SELECT encodings FROM parquet_metadata('${join(folder, 'joined.parquet')}')`)
  expect(used).toEqual([{ encodings: expect.stringContaining('RLE_DICTIONARY') as string }])
})

it('a column that is one text, or null, takes a few bytes', async () => {
  const length = 100_000
  const one: RepeatedTexts = { values: ['fraud@3'], indices: new Uint8Array(length) }
  const none: RepeatedTexts = { values: [null], indices: new Uint8Array(length) }
  const batches = (column: RepeatedTexts): Case => ({
    column: specOf('string'),
    batches: [column],
    expected: Array.from({ length }, () => column.values[0]),
  })
  expect(await differences([batches(one), batches(none)], length)).toEqual([])
  const sizes = await engine.rows(`SELECT total_compressed_size AS size FROM parquet_metadata('${join(folder, 'joined.parquet')}')`)
  for (const { size } of sizes) expect(Number(size)).toBeLessThan(100)
})

it('statistics tell least, greatest and nulls, by the order of the type', async () => {
  const u64 = BigUint64Array.of(2n ** 64n - 1n, 1n, 5n)
  const i64 = BigInt64Array.of(-1n, 2n ** 40n, -(2n ** 40n))
  const u32 = Uint32Array.of(2 ** 32 - 1, 7, 0)
  const validity = Uint8Array.of(1, 1, 0)
  expect(
    await differences(
      [
        { column: specOf('uint64'), batches: [{ dtype: 'uint64', shape: [], data: u64, validity: null }], expected: [...u64] },
        { column: specOf('int64'), batches: [{ dtype: 'int64', shape: [], data: i64, validity: null }], expected: [...i64] },
        { column: specOf('uint32'), batches: [{ dtype: 'uint32', shape: [], data: u32, validity }], expected: [2 ** 32 - 1, 7, null] },
      ],
      100,
    ),
  ).toEqual([])
  const sql = `SELECT stats_min_value AS min, stats_max_value AS max, stats_null_count AS nulls FROM parquet_metadata('${join(folder, 'joined.parquet')}')`
  expect(await engine.rows(sql)).toEqual([
    { min: '1', max: String(2n ** 64n - 1n), nulls: '0' },
    { min: String(-(2n ** 40n)), max: String(2n ** 40n), nulls: '0' },
    { min: '7', max: String(2 ** 32 - 1), nulls: '1' },
  ])
})
