import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { boolean, category, integer, number, tensor, text, timestamp } from '../../core/fields.js'
import { createFrameBuilder } from '../../core/frame-builder.js'
import type { InputFrame } from '../../core/prediction.js'
import { readChunks, readPlan, writeParquet } from '../../../test/support/parquet.js'
import { createParquetReader } from './parquet-reader.js'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-parquet-'))
})
afterAll(() => rm(folder, { recursive: true }))

const fields = {
  x: number(),
  half: number({ optional: true }),
  wide: integer(),
  narrow: integer({ dtype: 'int8', onFail: 'warn' }),
  unsigned: integer({ dtype: 'uint64', optional: true }),
  whole: integer({ dtype: 'int32' }),
  place: category(['ä', 'b']),
  note: text({ maxLength: 4, optional: true }),
  flag: boolean(),
  at: timestamp(),
  pair: tensor({ dtype: 'float32', shape: [2] }),
  free: tensor({ dtype: 'int16', shape: [null], optional: true }),
  gathered: number(),
  nowhere: text({ optional: true }),
}

const types: Readonly<Record<string, string>> = {
  x: 'DOUBLE',
  half: 'FLOAT',
  wide: 'BIGINT',
  narrow: 'BIGINT',
  unsigned: 'INTEGER',
  whole: 'DOUBLE',
  place: 'VARCHAR',
  note: 'VARCHAR',
  flag: 'BOOLEAN',
  at: 'VARCHAR',
  pair: 'DOUBLE[]',
  free: 'BIGINT[]',
  gathered: 'SMALLINT',
}

const orNull = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(values, { freq: 5 })
const finite = fc.double({ noNaN: true, noDefaultInfinity: true })
const longs = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.integer().map(BigInt))
const texts = fc.string({ unit: 'grapheme', maxLength: 30 })

const rows = fc.array(
  fc.record({
    x: orNull(fc.double()),
    half: orNull(fc.float()),
    wide: orNull(longs),
    narrow: orNull(fc.oneof(fc.integer({ min: -140, max: 140 }).map(BigInt), longs)),
    unsigned: orNull(fc.integer()),
    whole: orNull(fc.oneof(finite, fc.integer())),
    place: orNull(fc.constantFrom('ä', 'b', 'c', 'a text that is longer than twelve bytes')),
    note: orNull(texts),
    flag: orNull(fc.boolean()),
    at: orNull(
      fc.oneof(
        fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) }).map((date) => date.toISOString()),
        texts,
      ),
    ),
    pair: orNull(fc.array(orNull(finite), { minLength: 1, maxLength: 3 })),
    free: orNull(fc.array(fc.integer({ min: -40_000, max: 40_000 }), { minLength: 1, maxLength: 2 })),
    gathered: orNull(fc.integer({ min: -32_768, max: 32_767 })),
  }),
  { minLength: 1, maxLength: 40 },
)

const literal = (value: unknown): string => {
  if (value === null) return 'NULL'
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value === 'string') return value.includes('\0') || value === '' ? blob(value) : `'${value.replaceAll("'", "''")}'`
  if (typeof value !== 'number') return `${value as bigint | boolean}`
  // As a text: a number would be a decimal first, and lose its last bit on the way.
  return `'${Object.is(value, -0) ? '-0' : value}'::DOUBLE`
}

/** Texts that no literal holds. */
const blob = (value: string): string =>
  `decode('${[...Buffer.from(value)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}'::BLOB)`

const query = (found: readonly Readonly<Record<string, unknown>>[]): string => {
  const names = Object.keys(types)
  const values = found.map((row) => `(${names.map((name) => `CAST(${literal(row[name])} AS ${types[name]})`).join(', ')})`)
  return `SELECT * FROM (VALUES ${values.join(', ')}) t(${names.map((name) => `"${name}"`).join(', ')})`
}

const copy = ({ frame, issues }: InputFrame): unknown => ({
  length: frame.length,
  columns: structuredClone({ ...frame.columns }),
  issues: [...issues],
})

it('any rows become the frame and issues that they become as objects of a request', async () => {
  let files = 0
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 1, max: 50 }), async (found, chunkRows) => {
      const policy = { unknownFields: 'ignore', defaultAction: 'reject', gatherable: new Set(['gathered']) } as const
      const reader = createParquetReader(await writeParquet(join(folder, `${files++}.parquet`), query(found)))
      const read = await readChunks(reader, readPlan(fields, { chunkRows, policy }), ({ input }) => copy(input))
      await reader.close()
      const builder = createFrameBuilder(fields, policy)
      const expected: unknown[] = []
      for (let start = 0; start < found.length; start += chunkRows) {
        builder.reset()
        for (const row of found.slice(start, start + chunkRows)) builder.appendRow(row)
        expected.push(copy(builder.build()))
      }
      expect(read).toEqual(expected)
    }),
    { numRuns: 60 },
  )
}, 60_000)
