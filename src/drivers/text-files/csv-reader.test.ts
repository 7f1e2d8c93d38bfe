import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collect, partitionsOf, planOf, readWhole, textSource, type TextSource } from '../../../test/support/text-source.js'
import { cellValue } from '../../core/csv-cell.js'
import type { Fields } from '../../core/field.js'
import { boolean, category, integer, number, tensor, text, timestamp } from '../../core/fields.js'
import { createFrameBuilder } from '../../core/frame-builder.js'
import { frameRows } from '../../../test/support/frame-values.js'
import { createCsvReader } from './csv-reader.js'

let source: TextSource
beforeAll(async () => {
  source = await textSource()
})
afterAll(() => source.remove())

const two = { a: number(), b: text() }
const read = async (csv: string | Uint8Array, fields: Fields = two, more = {}, rows?: number) =>
  readWhole(await source.file(csv), planOf(fields, more), rows)

describe('the reader of CSV', () => {
  it('reads plain and quoted cells, with either line end, with or without the last', async () => {
    const { rows, records, broken } = await read('\ufeffb,a,c\r\n"x ""y"", z\r\n",1.5,0\n\n"",-2e-3,1\r\nq,"3",2')
    expect(broken).toEqual([])
    expect(rows).toEqual([
      { a: 1.5, b: 'x "y", z\r\n' },
      { a: -0.002, b: '' },
      { a: 3, b: 'q' },
    ])
    expect(records).toEqual(['"x ""y"", z\r\n",1.5,0', '"",-2e-3,1', 'q,"3",2'])
  })

  it('leaves broken records out, says what is wrong with them, and goes on', async () => {
    const csv = Buffer.concat([
      Buffer.from('a,b\n1,x\n2\n3,x,y\n4,x"y\n5,"x"y\n6,'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('\n7,z\n8,"open\n9,w\n'),
    ])
    const { rows, broken, numbers, issues } = await read(csv)
    expect(rows.map(({ a }) => a)).toEqual([1, 7, 9])
    expect(numbers).toEqual([0, 6, 8])
    expect(issues).toEqual([])
    expect(broken.map(({ row, code, message }) => [row, code, message])).toEqual([
      [1, 'ROW_MALFORMED', 'expected 2 cells, the record has 1'],
      [2, 'ROW_MALFORMED', 'expected 2 cells, the record has 3'],
      [3, 'ROW_MALFORMED', 'a quote stands inside a cell that does not begin with one'],
      [4, 'ROW_MALFORMED', 'text follows a closing quote; a quote inside a quoted cell must be doubled'],
      [5, 'INVALID_UTF8', 'the record is not valid UTF-8'],
      [7, 'ROW_MALFORMED', 'a quoted cell is not closed; the record is taken to end with its line'],
    ])
    expect(broken[5]!.record).toBe('8,"open')
  })

  it('gives cells that are no value of their kind to the frame builder', async () => {
    const { rows, issues } = await read('a,b\nlots,x\n,y\n2,z\n')
    expect(issues.map(({ row, code, field }) => [row, code, field])).toEqual([
      [0, 'INPUT_TYPE', 'a'],
      [1, 'INPUT_MISSING', 'a'],
    ])
    expect(rows[2]).toEqual({ a: 2, b: 'z' })
  })

  it('carries columns besides the inputs, typed where a type is told', async () => {
    const csv = 'id,a,b,on,at,n\n9007199254740993,1,x,true,2024-01-01,1\nten,2,,0,1000,\n,3,"",,,2\n'
    const types = { id: 'integer', on: 'boolean', at: 'timestamp', n: 'number' } as const
    const { carry, issues } = await read(csv, two, { carry: ['id', 'on', 'at', 'n', 'b'], types })
    expect(carry).toEqual([
      { id: 9007199254740993n, on: 1, at: 1_704_067_200_000, n: 1, b: 'x' },
      { id: null, on: 0, at: 1000, n: null, b: null },
      { id: null, on: null, at: null, n: 2, b: '' },
    ])
    expect(issues).toMatchObject([{ row: 1, code: 'INPUT_TYPE', field: 'id', action: 'reject' }])
  })

  it('fills the only tensor from the columns that are not carried', async () => {
    const vector = { x: tensor({ dtype: 'float32', shape: [3] }) }
    const { rows, issues } = await read('id,p,q,r\n7,1,2.5,3\n8,1,1e39,3\n9,4,x,6\n', vector, { carry: ['id'] })
    expect(rows[0]).toEqual({ x: [1, 2.5, 3] })
    expect(issues.map(({ row, code }) => [row, code])).toEqual([
      [1, 'INPUT_RANGE'],
      [2, 'INPUT_TYPE'],
    ])
    await expect(read('p,q\n1,2\n', vector)).rejects.toMatchObject({ code: 'SOURCE_SCHEMA' })
  })

  it('reads a column under another name', async () => {
    const { rows } = await read('amount,b\n1,x\n', two, { columnOf: { a: 'amount' } })
    expect(rows).toEqual([{ a: 1, b: 'x' }])
  })

  it('names a required column that is missing, and what looks like it', async () => {
    await expect(read('A,b\n1,x\n')).rejects.toMatchObject({
      code: 'SOURCE_SCHEMA',
      message: expect.stringContaining(
        'has no column "a" for the input `a`: its columns are "A", "b"; "A" looks like it; map another with `--map a=A`',
      ) as string,
    })
    await expect(read('a,b\n1,x\n', two, { carry: ['id'] })).rejects.toMatchObject({ code: 'SOURCE_SCHEMA' })
    await expect(read('a;b\n1;x\n')).rejects.toThrow('separated by commas')
  })

  it.each([
    ['two columns of one name', 'a,b,a\n'],
    ['a column without a name', ',a,b\n'],
  ])('refuses a header with %s', async (_, csv) => {
    await expect(read(csv)).rejects.toMatchObject({ code: 'SOURCE_SCHEMA' })
  })

  it.each([
    ['UTF-16', Buffer.from('\ufeffa,b\n', 'utf16le'), 'UTF-16 text (little endian)'],
    ['UTF-16 without a mark', Buffer.from('a,b\n', 'utf16le'), 'UTF-16 text without a byte order mark'],
    ['gzip', Buffer.from([0x1f, 0x8b, 8, 0]), 'compressed with gzip'],
    ['Latin-1', Buffer.from('a,b\xe4\n', 'latin1'), 'is not UTF-8'],
    ['old line ends', Buffer.from('a,b\r1,2\r'), 'carriage return alone'],
  ])('refuses %s, saying what it is', async (_, csv, message) => {
    await expect(read(csv)).rejects.toThrow(message)
    await expect(read(csv)).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
  })

  it('finds nothing to read in a file without records', async () => {
    for (const csv of ['', '\n', 'a,b', 'a,b\n\r\n\n']) expect(await partitionsOf(await source.file(csv), 10)).toEqual([])
  })

  it('breaks a record of more than 16 MiB, and reads the next', async () => {
    const long = 'x'.repeat(17 * 1024 * 1024)
    const { rows, broken } = await read(`a,b\n1,${long}\n2,"${long}"\n3,y\n`, two, {}, 1)
    expect(rows.map(({ a }) => a)).toEqual([3])
    expect(broken.map(({ code }) => code)).toEqual(['PAYLOAD_TOO_LARGE', 'ROW_MALFORMED'])
    expect(broken[0]!.record).toHaveLength(65_536)
  })

  it('can be cancelled', async () => {
    const file = await source.file('a,b\n1,x\n')
    const [partition] = await partitionsOf(file, 10)
    const reader = createCsvReader(file)
    const chunks = reader.read(partition!, planOf(two), { signal: AbortSignal.abort() })
    await expect(collect(chunks)).rejects.toMatchObject({ code: 'CANCELLED' })
    await reader.close()
  })

  it('reads any cell as the frame builder reads its text', async () => {
    const fields = {
      n: number({ optional: true }),
      i: integer({ dtype: 'int32', optional: true }),
      w: integer({ optional: true }),
      u: integer({ dtype: 'uint64' }),
      b: boolean({ optional: true }),
      c: category(['x', 'y'], { optional: true }),
      t: text(),
      at: timestamp({ optional: true }),
    }
    const names = Object.keys(fields) as (keyof typeof fields)[]
    const cell = fc.oneof(
      fc.constantFrom(
        '',
        ' ',
        '0',
        '-0',
        '1',
        '1.0',
        '1e3',
        '1e400',
        '+1',
        '.5',
        '5.',
        'NaN',
        '-inf',
        'true',
        'False',
        'x',
        '2024-01-01',
        '1.5x',
        '--1',
        '-',
        '1e',
        '-5',
      ),
      fc.double().map(String),
      fc.integer().map(String),
      fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String),
      fc.stringMatching(/^[-+]?\d{0,22}\.?\d{0,22}(e[-+]?\d{1,3})?$/),
      fc.string({ unit: 'binary' }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(cell, { minLength: 8, maxLength: 8 }), { maxLength: 20 }), async (lines) => {
        const wellFormed = lines.map((line) => line.map((value) => Buffer.from(value).toString()))
        const csv = [names.join(','), ...wellFormed.map((line) => line.map(quoteIfNeeded).join(','))].join('\n')
        const whole = await read(csv, fields, { chunkRows: 7 })
        const builder = createFrameBuilder(fields, planOf(fields).policy)
        for (const line of wellFormed)
          builder.appendRow(Object.fromEntries(names.map((name, k) => [name, cellValue(line[k]!, fields[name])])))
        const { frame, issues } = builder.build()
        expect(whole.rows).toEqual(frameRows(frame.columns, frame.length))
        expect(whole.issues).toEqual(issues)
      }),
      { numRuns: 100 },
    )
  })

  it('reads every record once and in order, wherever the file is cut', async () => {
    const piece = fc.constantFrom('"', '""', ',', '\n', '\r\n', '\r', 'x', '1', ' ', 'é', '"a,b"', '"a\nb"', '\n1,x\n')
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 60 }), fc.integer({ min: 1, max: 12 }), async (pieces, rows) => {
        const file = await source.file(`a,b\n${pieces.join('')}`)
        const plan = planOf({ a: text(), b: text() }, { chunkRows: 3 })
        const parts = await partitionsOf(file, rows)
        expect(parts.slice(1).map(({ start }) => start)).toEqual(parts.slice(0, -1).map(({ end }) => end))
        expect(await readWhole(file, plan, rows)).toEqual(await readWhole(file, plan))
      }),
      { numRuns: 200 },
    )
  })
})

function quoteIfNeeded(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
}
