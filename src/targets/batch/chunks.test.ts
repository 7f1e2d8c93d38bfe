import { describe, expect, it } from 'vitest'
import { columnsOf } from '../../core/frame-ops.js'
import type { RowIssue } from '../../core/issue.js'
import type { Prediction } from '../../core/prediction.js'
import type { RepeatedTexts, SourceChunk } from '../../core/table.js'
import { number, tensor } from '../../core/fields.js'
import { filterChunk } from './filter-chunk.js'
import { outputBatch } from './output-batch.js'
import { inferTypes, outputLayout } from './output-layout.js'

const numbers = (...values: number[]) => ({ dtype: 'float64' as const, shape: [], data: Float64Array.from(values), validity: null })
const issue = (row: number, action: RowIssue['action'], field: string): RowIssue => ({
  row,
  code: 'INPUT_RANGE',
  field,
  message: '',
  action,
})

const chunk: SourceChunk = {
  input: { frame: { length: 4, columns: columnsOf({ a: numbers(1, 2, 3, 4) }) }, issues: [issue(1, 'reject', 'a'), issue(3, 'warn', 'a')] },
  carry: columnsOf({ id: numbers(10, 20, 30, 40) }),
  rowNumbers: null,
  firstRow: 100,
  broken: [],
  record: (row) => row,
}

const prediction: Prediction = {
  length: 3,
  frame: { length: 3, columns: columnsOf({ p: numbers(0.1, 0, 0.3) }) },
  sourceNames: ['none', 'model', 'fallback:rule'],
  sources: Uint8Array.of(1, 0, 2),
  issues: new Map([
    [1, [issue(1, 'reject', 'a')]],
    [2, [issue(2, 'fallback', 'a'), issue(2, 'warn', 'b')]],
  ]),
  idPrefix: '',
  model: { name: 'm', version: '3', digest: '' },
  timings: { validateMs: 0, gatherMs: 0, preprocessMs: 0, runMs: 0, postprocessMs: 0, returnMs: 0 },
}

describe('the filter of a chunk', () => {
  it('keeps rows with their issues, carried values and numbers', () => {
    const filtered = filterChunk(chunk, Uint32Array.of(1, 3))
    expect(filtered.input.frame.columns['a']!.data).toEqual(Float64Array.of(2, 4))
    expect(filtered.input.issues.map(({ row, action }) => [row, action])).toEqual([
      [0, 'reject'],
      [1, 'warn'],
    ])
    expect(filtered.carry['id']!.data).toEqual(Float64Array.of(20, 40))
    expect(filtered.rowNumbers).toEqual(Uint32Array.of(101, 103))
    expect(filtered.filtered).toBe(2)
  })

  it('passes a chunk on as it is when every row is kept', () => {
    const filtered = filterChunk(chunk, null)
    expect(filtered.input).toBe(chunk.input)
    expect(filtered.rowNumbers).toEqual(Uint32Array.of(100, 101, 102, 103))
  })
})

describe('what is written of a scored chunk', () => {
  const carry = columnsOf({ id: numbers(10, 20, 30) })
  const layout = outputLayout({ output: { p: number() }, key: 'id', pass: [], sample: carry, types: {} })

  it('has key, outputs, source, codes and model, for the rows that have an answer', () => {
    expect(layout.columns.map(({ name }) => name)).toEqual(['id', 'p', '_source', '_codes', '_model'])
    const batch = outputBatch({ prediction, carry, rowNumbers: Uint32Array.of(7, 8, 9), answered: Uint32Array.of(0, 2) }, layout, true)
    expect(batch.length).toBe(2)
    expect(batch.rowNumbers).toEqual(Uint32Array.of(7, 9))
    const texts = batch.columns.slice(2).map((column) => {
      const { values, indices } = column as RepeatedTexts
      return Array.from(indices, (at) => values[at])
    })
    expect(texts).toEqual([
      ['model', 'fallback:rule'],
      [null, 'INPUT_RANGE:a,INPUT_RANGE:b'],
      ['m@3', 'm@3'],
    ])
    expect(batch.columns.slice(0, 2)).toMatchObject([{ data: Float64Array.of(10, 30) }, { data: Float64Array.of(0.1, 0.3) }])
  })

  it('refuses two columns of one name, whatever their case', () => {
    const clash = () => outputLayout({ output: { ID: number() }, key: 'id', pass: [], sample: carry, types: {} })
    expect(clash).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  it('keeps the shape of tensors', () => {
    const { columns } = outputLayout({
      output: { p: tensor({ dtype: 'float32', shape: [3] }) },
      key: null,
      pass: [],
      sample: carry,
      types: {},
    })
    expect(columns[0]).toMatchObject({ name: 'p', type: 'json', dtype: 'float32', shape: [3] })
  })
})

describe('types of values that say themselves what they are', () => {
  it('are those that every value has', () => {
    const object = (...data: unknown[]) => ({ dtype: 'object' as const, shape: [], data, validity: null })
    const sample = columnsOf({
      whole: object(1, null, 2n),
      real: object(1, 2.5),
      flag: object(true, null),
      word: object('a', 'b'),
      mixed: object('a', 1),
      nested: object({ a: 1 }),
      told: object(1),
    })
    expect(inferTypes(sample, { told: 'text' })).toEqual({
      whole: 'integer',
      real: 'number',
      flag: 'boolean',
      word: 'text',
      mixed: 'json',
      nested: 'json',
      told: 'text',
    })
  })
})
