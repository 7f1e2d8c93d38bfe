import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { partitionsOf, planOf, readWhole, textSource, type TextSource } from '../../../test/support/text-source.js'
import { frameRows } from '../../../test/support/frame-values.js'
import { integer, number, text } from '../../core/fields.js'
import { createFrameBuilder } from '../../core/frame-builder.js'
import { createJsonReader } from '../../core/json-reader.js'

let source: TextSource
beforeAll(async () => {
  source = await textSource()
})
afterAll(() => source.remove())

const two = { a: number(), b: text({ optional: true }) }
const read = async (lines: string | Uint8Array, more = {}, rows?: number) =>
  readWhole(await source.file(lines, 'jsonl'), planOf(two, more), rows)

describe('the reader of JSON lines', () => {
  it('reads one object a line', async () => {
    const { rows, records, issues } = await read('\ufeff{"a":1.5,"b":"x"}\r\n\n  \n {"b":"\\n","a":2} \n{"a":3}')
    expect(rows).toEqual([
      { a: 1.5, b: 'x' },
      { a: 2, b: '\n' },
      { a: 3, b: null },
    ])
    expect(records[2]).toBe('{"a":3}')
    expect(issues).toEqual([])
  })

  it('leaves broken lines out, tells the place in the line, and goes on', async () => {
    const lines = Buffer.concat([
      Buffer.from('{"a":1}\n{"a":}\n{"a":2\n}\n{"a":3} x\n{"a":4,"b":"'),
      Buffer.from([0xff]),
      Buffer.from('"}\n{"a":5}\n'),
    ])
    const { rows, numbers, broken } = await read(lines)
    expect(rows.map(({ a }) => a)).toEqual([1, 5])
    expect(numbers).toEqual([0, 6])
    expect(broken.map(({ row, code }) => [row, code])).toEqual([
      [1, 'INVALID_JSON'],
      [2, 'INVALID_JSON'],
      [3, 'INVALID_JSON'],
      [4, 'INVALID_JSON'],
      [5, 'INVALID_UTF8'],
    ])
    expect(broken[0]).toMatchObject({ message: 'expected a value, received `}`, at byte 5', record: '{"a":}' })
  })

  it('finds wrong values, unknown fields and rows that are no objects', async () => {
    const { issues } = await read('{"a":"x"}\n{"a":1,"c":2}\n5\n{"a":1,"a":2}\n')
    expect(issues.map(({ row, code }) => [row, code])).toEqual([
      [0, 'INPUT_TYPE'],
      [1, 'INPUT_UNKNOWN'],
      [2, 'INPUT_TYPE'],
      [3, 'INPUT_DUPLICATE'],
    ])
  })

  it('carries fields as they are, or typed, also those that are inputs', async () => {
    const lines = [
      '{"id":9007199254740993,"a":1,"tags":["x",{"y":null}],"at":"2024-01-01"}',
      '{"at":"soon","a":-2.5,"id":"k"}',
      '{"a":3,"id":null,"id":1,"tags":null}',
    ]
    const { carry, issues, rows } = await read(lines.join('\n'), { carry: ['id', 'tags', 'a', 'at'], types: { at: 'timestamp' } })
    expect(rows.map(({ a }) => a)).toEqual([1, -2.5, 3])
    expect(carry).toEqual([
      { id: 9007199254740993n, tags: ['x', Object.assign(Object.create(null) as object, { y: null })], a: 1, at: 1_704_067_200_000 },
      { id: 'k', tags: null, a: -2.5, at: null },
      { id: 1, tags: null, a: 3, at: null },
    ])
    expect(issues.map(({ row, code, field }) => [row, code, field])).toEqual([
      [1, 'INPUT_TYPE', 'at'],
      [2, 'INPUT_TYPE', 'id'],
    ])
  })

  it('reads fields under other names', async () => {
    const { rows, issues } = await read('{"amount":1,"b":"x"}\n{"a":1}\n', { columnOf: { a: 'amount' } })
    expect(rows[0]).toEqual({ a: 1, b: 'x' })
    expect(issues.map(({ row, code }) => [row, code])).toEqual([
      [1, 'INPUT_UNKNOWN'],
      [1, 'INPUT_MISSING'],
    ])
  })

  it('breaks a line of more than 16 MiB, and reads the next', async () => {
    const { rows, broken } = await read(`{"a":1,"b":"${'x'.repeat(17 * 1024 * 1024)}"}\n{"a":2}\n`, {}, 1)
    expect(rows.map(({ a }) => a)).toEqual([2])
    expect(broken.map(({ code }) => code)).toEqual(['PAYLOAD_TOO_LARGE'])
  })

  it('says when a file is one array', async () => {
    await expect(read('[{"a":1}]')).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
  })

  it('reads what the frame builder reads, wherever the file is cut', async () => {
    const fields = { a: number({ optional: true }), i: integer({ optional: true }), t: text({ optional: true }) }
    const row = fc.record(
      { a: fc.oneof(fc.double(), fc.constant('x')), i: fc.oneof(fc.maxSafeInteger(), fc.double()), t: fc.string({ unit: 'grapheme' }) },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 30 }), fc.integer({ min: 1, max: 10 }), async (rows, size) => {
        const texts = rows.map((values) => JSON.stringify(values))
        const file = await source.file(texts.join('\n'), 'jsonl')
        const whole = await readWhole(file, planOf(fields, { chunkRows: 4 }), size)
        const builder = createFrameBuilder(fields, planOf(fields).policy)
        for (const line of texts) builder.readRow(createJsonReader(Buffer.from(line)))
        const { frame, issues } = builder.build()
        expect(whole.rows).toEqual(frameRows(frame.columns, frame.length))
        expect(whole.issues).toEqual(issues)
        expect(whole.records).toEqual(texts)
        const parts = await partitionsOf(file, size)
        expect(parts.map(({ index }) => index)).toEqual([...parts.keys()])
      }),
      { numRuns: 150 },
    )
  })
})
