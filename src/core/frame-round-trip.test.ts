import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { DType, TensorData } from './dtype.js'
import { allocate, integerRange } from './dtype.js'
import { ElementBuffer } from './element-buffer.js'
import type { Field, Fields, IntegerDType } from './field.js'
import { boolean, category, integer, number, tensor, text, timestamp } from './fields.js'
import type { Column, Frame } from './frame.js'
import { createFrameBuilder } from './frame-builder.js'
import { columnsOf, concatFrames, selectRows, shapeKey, sliceRows } from './frame-ops.js'
import { frameToRows, rowsToFrame } from './frame-rows.js'
import { createJsonReader } from './json-reader.js'
import { elementsText, nestedText, stringText } from './json-writer.js'
import type { NamedTensor } from './oip.js'
import { columnToTensor, datatypeOf, decodeRaw, dtypeOf, encodeRaw, inputSpecs, tensorsToInputFrame } from './oip.js'
import { elementCount } from './tensor.js'
import type { Tensor } from './tensor.js'

type Row = Record<string, unknown>

/** Any text but one with NUL, which no engine takes. */
const wellFormed = fc.string({ unit: 'binary', maxLength: 20 }).map((text) => text.replaceAll('\0', ''))
const integers = Object.keys(integerRange) as IntegerDType[]
const dtypes: DType[] = [...integers, 'bool', 'float16', 'bfloat16', 'float32', 'float64', 'string']

/** Numbers where they are exact, as rows give 64-bit integers. */
const narrowed = (value: bigint): number | bigint => (Number.isSafeInteger(Number(value)) ? Number(value) : value)

const wholeNumbers = (dtype: IntegerDType): fc.Arbitrary<bigint> => {
  const [min, max] = integerRange[dtype] ?? [0n, 0n]
  return fc.oneof(fc.bigInt(min, max), fc.constantFrom(min, max, 0n))
}

/** Elements of tensor data; NaN without payload, since JSON has no other. */
function elements(dtype: DType): fc.Arbitrary<unknown> {
  if (dtype === 'string') return wellFormed
  if (dtype === 'bool') return fc.nat(1)
  if (dtype === 'float64') return fc.double()
  if (dtype === 'float32') return fc.float()
  if (dtype === 'float16') return fc.nat(0xffff).map((bits) => ((bits & 0x7fff) > 0x7c00 ? 0x7e00 : bits))
  if (dtype === 'bfloat16') return fc.nat(0xffff).map((bits) => ((bits & 0x7fff) > 0x7f80 ? 0x7fc0 : bits))
  return wholeNumbers(dtype).map((value) => (dtype === 'int64' || dtype === 'uint64' ? value : Number(value)))
}

function dataOf(dtype: DType, values: readonly unknown[]): TensorData {
  const data = allocate(dtype, values.length)
  for (const [i, value] of values.entries()) (data as unknown[])[i] = value
  return data
}

interface FieldCase {
  readonly field: Field
  readonly value: fc.Arbitrary<unknown>
}

const tensorCase: fc.Arbitrary<FieldCase> = fc
  .record({
    dtype: fc.constantFrom(...dtypes),
    shape: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
    free: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
    optional: fc.boolean(),
  })
  .map(({ dtype, shape, free, optional }) => {
    const count = elementCount(shape)
    const spec = shape.map((size, i) => ((free[i] ?? false) ? null : size))
    const nested = spec.filter((size) => size === null).length > 1
    const value = fc
      .array(elements(dtype), { minLength: count, maxLength: count })
      .map((values) => (nested ? nestOf(dataOf(dtype, values), shape) : dataOf(dtype, values)))
    return { field: tensor({ dtype, shape: spec, optional, allowNonFinite: true }), value }
  })

function nestOf(data: TensorData, shape: readonly number[]): unknown {
  if (shape.length <= 1) return data
  const size = elementCount(shape.slice(1))
  return Array.from({ length: shape[0] ?? 0 }, (_, i) => nestOf((data as Uint8Array).slice(i * size, (i + 1) * size), shape.slice(1)))
}

const fieldCase: fc.Arbitrary<FieldCase> = fc.oneof(
  fc.boolean().map((optional): FieldCase => {
    // NaN is what an absent number looks like in a tensor, so an optional one has it only where it says so.
    const field = number({ optional, allowNonFinite: !optional })
    return { field, value: fc.double(optional ? { noNaN: true } : {}) }
  }),
  fc.tuple(fc.boolean(), fc.constantFrom(...integers)).map(([optional, dtype]): FieldCase => {
    return { field: integer({ optional, dtype }), value: wholeNumbers(dtype).map(narrowed) }
  }),
  fc.boolean().map((optional): FieldCase => ({ field: boolean({ optional }), value: fc.boolean() })),
  fc.boolean().map((optional): FieldCase => ({ field: text({ optional }), value: wellFormed })),
  fc.boolean().map((optional): FieldCase => {
    const names = ['DE', 'größer', 'a"b', '']
    return { field: category(names, { optional }), value: fc.constantFrom(...names) }
  }),
  fc.boolean().map((optional): FieldCase => ({ field: timestamp({ optional }), value: fc.integer({ min: -8.64e15, max: 8.64e15 }) })),
  tensorCase,
)

const names = fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'constructor', 'ключ', 'quo"te'), wellFormed)

/** A signature, and rows that it accepts. */
const rowsCase = fc
  .tuple(fc.uniqueArray(names, { minLength: 1, maxLength: 5 }), fc.array(fieldCase, { minLength: 5, maxLength: 5 }))
  .chain(([keys, cases]) => {
    const fields = Object.create(null) as Record<string, Field>
    for (const [i, key] of keys.entries()) fields[key] = (cases[i] as FieldCase).field
    const row = fc.tuple(...keys.map((_, i) => valueOf(cases[i] as FieldCase))).map((values) => rowWith(keys, values))
    return fc.array(row, { minLength: 1, maxLength: 6 }).map((rows): { fields: Fields; rows: Row[] } => ({ fields, rows }))
  })

function valueOf({ field, value }: FieldCase): fc.Arbitrary<unknown> {
  return field.optional ? fc.option(value, { freq: 3 }) : value
}

function rowWith(keys: readonly string[], values: readonly unknown[]): Row {
  const row: Row = {}
  for (const [i, key] of keys.entries()) {
    Object.defineProperty(row, key, { value: values[i], enumerable: true, configurable: true, writable: true })
  }
  return row
}

function frameOf(fields: Fields, rows: readonly Row[]): Frame {
  const { frame, issues } = rowsToFrame(fields, rows)
  expect(issues).toEqual([])
  return frame
}

/** One row of a column as JSON; what it says is independent of the reader under test. */
function valueText(column: Column, row: number): string {
  if (column.validity?.[row] === 0) return 'null'
  if (column.dtype === 'object') throw new Error('not in these tests')
  return nestedText(column.data, column.dtype, column.shape, { start: row * elementCount(column.shape), nonFinite: 'literal' })
}

test('rows become a frame and the same rows again', () => {
  fc.assert(
    fc.property(rowsCase, ({ fields, rows }) => {
      expect(frameToRows(frameOf(fields, rows), fields)).toEqual(rows)
    }),
    { numRuns: 300 },
  )
})

test('rows written as JSON are read as the same rows, their keys in any order', () => {
  fc.assert(
    fc.property(rowsCase, fc.boolean(), ({ fields, rows }, reversed) => {
      const frame = frameOf(fields, rows)
      const builder = createFrameBuilder(fields, { unknownFields: 'reject', defaultAction: 'reject' })
      for (let row = 0; row < rows.length; row++) {
        const members = Object.entries(frame.columns).map(([name, column]) => `${stringText(name)}: ${valueText(column, row)}`)
        const json = `{ ${(reversed ? members.toReversed() : members).join(' , ')} }`
        builder.readRow(createJsonReader(new TextEncoder().encode(json)))
      }
      const built = builder.build()
      expect(built.issues).toEqual([])
      expect(frameToRows(built.frame, fields)).toEqual(rows)
    }),
    { numRuns: 300 },
  )
})

/** The tensors of the columns that tensors can carry: with every value, or absent altogether, or absent as NaN. */
function wireTensors(fields: Fields, frame: Frame): NamedTensor[] {
  return Object.entries(frame.columns).flatMap(([name, column]) => {
    const nan = fields[name]?.kind === 'number' || fields[name]?.kind === 'timestamp'
    return column.validity === null || nan ? [{ name, tensor: columnToTensor(column, 0, frame.length) }] : []
  })
}

function roundTrip({ fields, rows }: { fields: Fields; rows: Row[] }, wire: (tensor: Tensor) => Tensor): { got: Row[]; wanted: Row[] } {
  const frame = frameOf(fields, rows)
  const tensors = wireTensors(fields, frame).map(({ name, tensor }) => ({ name, tensor: wire(tensor) }))
  fc.pre(tensors.length > 0)
  const sent = new Set(tensors.map(({ name }) => name))
  const read = tensorsToInputFrame(fields, tensors)
  expect(read.issues).toEqual([])
  const wanted = rows.map((row) =>
    rowWith(
      Object.keys(row),
      Object.entries(row).map(([name, value]) => (sent.has(name) ? value : null)),
    ),
  )
  return { got: frameToRows(read.frame, fields), wanted }
}

test('a frame is exact after a trip through raw tensors, wherever they stand in the body', () => {
  fc.assert(
    fc.property(rowsCase, fc.nat(7), (rowsAndFields, offset) => {
      const { got, wanted } = roundTrip(rowsAndFields, ({ dtype, shape, data }) => {
        const bytes = encodeRaw({ dtype, shape, data })
        const body = new Uint8Array(offset + bytes.length + 3)
        body.set(bytes, offset)
        return decodeRaw(body.subarray(offset, offset + bytes.length), dtypeOf(datatypeOf(dtype)) ?? 'bool', shape)
      })
      expect(got).toEqual(wanted)
    }),
    { numRuns: 300 },
  )
})

test('a frame is exact after a trip through JSON tensors, flat or nested', () => {
  fc.assert(
    fc.property(rowsCase, fc.boolean(), (rowsAndFields, flat) => {
      const { got, wanted } = roundTrip(rowsAndFields, ({ dtype, shape, data }) => {
        const json = flat
          ? `[${elementsText(data, dtype, { start: 0, end: data.length, nonFinite: 'literal' })}]`
          : nestedText(data, dtype, shape, { start: 0, nonFinite: 'literal' })
        const buffer = new ElementBuffer(dtype)
        const found = createJsonReader(new TextEncoder().encode(json)).elements(buffer)
        expect(found).toEqual({ count: data.length, shape: flat ? [data.length] : shape, ragged: false, issue: null })
        return { dtype, shape, data: buffer.view() }
      })
      expect(got).toEqual(wanted)
    }),
    { numRuns: 300 },
  )
})

test('specs name every field with its wire type, the batch dimension first', () => {
  fc.assert(
    fc.property(rowsCase, ({ fields, rows }) => {
      const frame = frameOf(fields, rows)
      const tensors = new Map(wireTensors(fields, frame).map(({ name, tensor }) => [name, tensor]))
      const specs = inputSpecs({ input: fields })
      expect(specs.map(({ name }) => name)).toEqual(Object.keys(fields))
      for (const { name, dtype, shape } of specs) {
        const sent = tensors.get(name)
        expect(shape[0]).toBe(null)
        expect(sent === undefined || (sent.dtype === dtype && sent.shape.every((size, i) => shape[i] === null || shape[i] === size))).toBe(
          true,
        )
      }
    }),
  )
})

test('slices of a frame join to the frame, and rows are found where they are selected', () => {
  fc.assert(
    fc.property(rowsCase, fc.nat(6), fc.array(fc.nat(5), { maxLength: 8 }), ({ fields, rows }, at, picks) => {
      const frame = frameOf(fields, rows)
      const cut = Math.min(at, rows.length)
      const parts = [sliceRows(frame, 0, cut), sliceRows(frame, cut, rows.length - cut)]
      expect(parts.every((part) => shapeKey(part) === shapeKey(frame))).toBe(true)
      expect(frameToRows(concatFrames(parts), fields)).toEqual(rows)
      const indices = picks.map((pick) => pick % rows.length)
      expect(frameToRows(selectRows(frame, indices), fields)).toEqual(indices.map((index) => rows[index]))
    }),
    { numRuns: 200 },
  )
})

test('appendFrame gives the rows that appendRow gives', () => {
  fc.assert(
    fc.property(rowsCase, fc.nat(6), ({ fields, rows }, at) => {
      const cut = Math.min(at, rows.length)
      const builder = createFrameBuilder(fields, { unknownFields: 'reject', defaultAction: 'reject' })
      builder.appendFrame(rowsToFrame(fields, rows.slice(0, cut)))
      for (const row of rows.slice(cut, cut + 1)) builder.appendRow(row)
      builder.appendFrame(rowsToFrame(fields, rows.slice(cut + 1)))
      const { frame, issues } = builder.build()
      expect(issues).toEqual([])
      expect(frameToRows(frame, fields)).toEqual(rows)
    }),
    { numRuns: 200 },
  )
})

test('columns of one name are found by it, whatever the name', () => {
  const column: Column = { dtype: 'bool', shape: [], data: new Uint8Array(1), validity: null }
  const columns = columnsOf([['__proto__', column]])
  expect(Object.keys(columns)).toEqual(['__proto__'])
  expect(columns['toString']).toBe(undefined)
  expect(columnsOf({ a: column })['a']).toBe(column)
})
