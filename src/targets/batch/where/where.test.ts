import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Column, Columns } from '../../../core/frame.js'
import { parseWhere } from './where.js'

type Value = string | number | bigint | boolean | null

/** A column of values, of the type of those that are not null. */
function column(values: readonly Value[]): Column {
  const validity = values.includes(null) ? Uint8Array.from(values, (value) => (value === null ? 0 : 1)) : null
  const some = values.find((value) => value !== null)
  if (typeof some === 'bigint') {
    return { dtype: 'int64', shape: [], validity, data: BigInt64Array.from(values, (value) => (value ?? 0n) as bigint) }
  }
  if (typeof some === 'number')
    return { dtype: 'float64', shape: [], validity, data: Float64Array.from(values, (value) => Number(value ?? NaN)) }
  if (typeof some === 'boolean')
    return { dtype: 'bool', shape: [], validity, data: Uint8Array.from(values, (value) => (value === true ? 1 : 0)) }
  return { dtype: 'string', shape: [], validity, data: values.map((value) => (value ?? '') as string) }
}

const data: Readonly<Record<string, readonly Value[]>> = {
  country: ['DE', 'FR', null, 'DE', 'de', '12'],
  amount: [10.5, 11, 3, null, 12, Number.NaN],
  cell: ['10.5', ' 11 ', 'x', null, '', '1e1'],
  count: [1n, 2n, null, 9_007_199_254_740_993n, 0n, -5n],
  flag: [true, false, null, true, false, true],
  answer: ['true', 'FALSE', '1', '0', 'yes', null],
  'a "b"': ['100%', 'a_b', "it's", '😀x', null, ''],
  day: ['2024-05-01', '2024-04-30T23:00:00-02:00', 'May', null, '', '1714521600000'].map((text) => (text === null ? null : text)),
  time: [1_714_521_600_000, 0, null, 1_714_521_600_001, 1, -1],
}
const length = 6

function columnsOf(values: Readonly<Record<string, readonly Value[]>>): Columns {
  return Object.fromEntries(Object.entries(values).map(([name, list]) => [name, column(list)]))
}

function matching(where: string): number[] {
  const rows = parseWhere(where).rows(columnsOf(data), length)
  return rows === null ? [0, 1, 2, 3, 4, 5] : [...rows]
}

describe('the row filter', () => {
  it.each<[string, number[]]>([
    ["country = 'DE'", [0, 3]],
    ["country <> 'DE'", [1, 4, 5]],
    ["not country = 'DE'", [1, 4, 5]],
    ['amount > 10.5', [1, 4]],
    ['amount >= 10.5', [0, 1, 4]],
    ['10.5 < amount', [1, 4]],
    ['amount != 3', [0, 1, 4]],
    ['count = 9007199254740993', [3]],
    ['count = 9007199254740992', []],
    ['count < 1.5', [0, 4, 5]],
    ['count > -5', [0, 1, 3, 4]],
    ['flag', [0, 3, 5]],
    ['not flag', [1, 4]],
    ['flag = false', [1, 4]],
    ['flag is null', [2]],
    ['flag IS NOT NULL', [0, 1, 3, 4, 5]],
    ['answer', [0, 2]],
    ['answer = false', [1, 3]],
    ['count = true', [0]],
    ['cell > 10', [0, 1]],
    ["cell > '10'", [0, 2, 5]],
    ['not cell > 10', [5]],
    ["country in ('DE', 'FR')", [0, 1, 3]],
    ["country not in ('DE', 'FR')", [4, 5]],
    ["country not in ('DE', null)", []],
    ["country in ('DE', 12)", [0, 3, 5]],
    ['count in (1, 9007199254740993, -5.0)', [0, 3, 5]],
    ['amount in (11, 12)', [1, 4]],
    ["country like 'D%'", [0, 3]],
    ["country not like '_E'", [1, 4, 5]],
    ['"a ""b""" like \'%\\%\'', [0]],
    ['"a ""b""" like \'a\\_b\'', [1]],
    ['"a ""b""" = \'it\'\'s\'', [2]],
    ['"a ""b""" like \'_x\'', [3]],
    ['"a ""b""" like \'%\'', [0, 1, 2, 3, 5]],
    ["time >= '2024-05-01'", [0, 3]],
    ['day = time', [0]],
    ["amount = 'x'", []],
    ['amount = null', []],
    ["amount > 10.5 or country = 'DE' and flag", [0, 1, 3, 4]],
    ["(amount > 10.5 or country = 'DE') and flag", [0, 3]],
    ['flag or true', [0, 1, 2, 3, 4, 5]],
    ['false', []],
  ])('%s', (where, rows) => {
    expect(matching(where)).toEqual(rows)
  })

  it('gives null when every row matches, and names its columns once', () => {
    const where = parseWhere('amount > 1 or not amount > 1 or amount is null or "a ""b""" in (1) or true')
    expect(where.rows(columnsOf(data), length)).toBeNull()
    expect(where.columns).toEqual(['amount', 'a "b"'])
  })

  it('reads halves as numbers, and has no word on tensors', () => {
    const columns: Columns = {
      half: { dtype: 'float16', shape: [], data: Uint16Array.of(0x3c00, 0x4000), validity: null },
      tensor: { dtype: 'float32', shape: [1], data: Float32Array.of(1, 2), validity: Uint8Array.of(1, 0) },
    }
    expect(parseWhere('half = 2').rows(columns, 2)).toEqual(Uint32Array.of(1))
    expect(parseWhere('tensor = 1').rows(columns, 2)).toEqual(new Uint32Array(0))
    expect(parseWhere('tensor is null').rows(columns, 2)).toEqual(Uint32Array.of(1))
  })

  it('misses a column that the source does not have', () => {
    expect(() => parseWhere('nope = 1').rows(columnsOf(data), length)).toThrow('asks for the column `nope`')
  })

  it.each([
    ['', 'expected a column or a value at character 1, found the end'],
    ['amount >', 'expected a value or a column at character 9, found the end'],
    ['amount > > 1', 'expected a value or a column at character 10, found `>`'],
    ['amount >= 1 2', 'expected `and`, `or` or the end at character 13, found `2`'],
    ['(amount = 1', 'expected `and`, `or` or `)` at character 12, found the end'],
    ['a = 1 and', 'expected a column or a value at character 10, found the end'],
    ["a = 'x", "expected a text that is closed by ' at character 5"],
    ['a = "x', 'expected a column name closed by " at character 5'],
    ['a in 1', 'expected `(` and a list of values at character 6, found `1`'],
    ['a in (1, b)', 'expected a value at character 10, found `b`'],
    ['a in ()', 'expected a value at character 7, found `)`'],
    ['a is 1', 'expected `null` or `not null` at character 6, found `1`'],
    ['a not 1', 'expected `in` or `like` at character 7, found `1`'],
    ['a like b', "expected a pattern in single quotes, such as 'A%' at character 8, found `b`"],
    ['a == 1', 'expected a value or a column at character 4, found `=`'],
    ['a = 1; drop', 'expected a column, a value or an operator at character 6, found `;`'],
    ['a = 10.5.3', 'expected a space, an operator or the end after the number at character 5'],
    ['5', 'expected an operator at character 2, found the end'],
    ['a between 1 and 2', 'expected `and`, `or` or the end at character 3, found `between`'],
    [`${'('.repeat(200)}a${')'.repeat(200)}`, 'expected at most 100 parentheses'],
    [`a = '${'x'.repeat(10_000)}'`, 'expected at most 10000 characters'],
  ])('says of %s what it expected, and where', (where, message) => {
    expect(() => parseWhere(where)).toThrow(message)
    expect(() => parseWhere(where)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })

  it('takes no longer for a pattern made to be slow', () => {
    const columns = columnsOf({ text: ['a'.repeat(5000)] })
    const start = performance.now()
    expect(parseWhere(`text like '${'%a'.repeat(500)}b'`).rows(columns, 1)).toEqual(new Uint32Array(0))
    expect(performance.now() - start).toBeLessThan(2000)
  })
})

type Row = Readonly<Record<string, Value>>

/** A condition as text, and what it says of one row by plain three-valued logic. */
interface Condition {
  readonly text: string
  readonly truth: (row: Row) => boolean | null
}

const names = ['text', 'number', 'whole', 'flag'] as const
const values: Readonly<Record<(typeof names)[number], fc.Arbitrary<Value>>> = {
  text: fc.constantFrom('a', 'b', "it's", '10', '2.5', 'true', ''),
  number: fc.constantFrom(1, 2.5, -3, 10, 0, Number.NaN),
  whole: fc.constantFrom(0n, 1n, 10n, -3n, 2n ** 60n),
  flag: fc.boolean(),
}
const literal: fc.Arbitrary<Value> = fc.constantFrom<Value[]>('a', "it's", '10', 'true', 1, 2.5, -3, 2n ** 60n, true, false, null)

function written(value: Value): string {
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)
}

/** Both values as they are compared; null where they cannot be. */
function pair(a: Value, b: Value): readonly [Value, Value] | null {
  if (a === null || b === null) return null
  if (typeof a === 'string' && typeof b === 'string') return [a, b]
  const convert = typeof a === 'boolean' || typeof b === 'boolean' ? asBoolean : asNumber
  const [x, y] = [convert(a), convert(b)]
  return x === null || y === null ? null : [x, y]
}

function asBoolean(value: NonNullable<Value>): number | null {
  const text = String(value)
  return ['true', '1'].includes(text) ? 1 : ['false', '0'].includes(text) ? 0 : null
}

function asNumber(value: NonNullable<Value>): number | bigint | null {
  if (typeof value === 'string') return /^\d+(\.\d+)?$/.test(value) ? Number(value) : null
  return typeof value === 'boolean' || Number.isNaN(value) ? null : value
}

const operators: Readonly<Record<string, (a: NonNullable<Value>, b: NonNullable<Value>) => boolean>> = {
  '=': (a, b) => a == b,
  '!=': (a, b) => a != b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
}

function compared(operator: string, a: Value, b: Value): boolean | null {
  const found = pair(a, b)
  return found === null ? null : operators[operator]!(found[0]!, found[1]!)
}

function either(truths: readonly (boolean | null)[]): boolean | null {
  return truths.includes(true) ? true : truths.includes(null) ? null : false
}

function negated(truth: boolean | null): boolean | null {
  return truth === null ? null : !truth
}

const name = fc.constantFrom(...names)
const leaf: fc.Arbitrary<Condition> = fc.oneof(
  fc.tuple(name, fc.constantFrom(...Object.keys(operators)), literal).map(([column, operator, value]) => ({
    text: `${column} ${operator} ${written(value)}`,
    truth: (row: Row) => compared(operator, row[column]!, value),
  })),
  fc.tuple(name, fc.constantFrom(...Object.keys(operators)), name).map(([left, operator, right]) => ({
    text: `${left}${operator}"${right}"`,
    truth: (row: Row) => compared(operator, row[left]!, row[right]!),
  })),
  fc.tuple(name, fc.array(literal, { minLength: 1, maxLength: 4 }), fc.boolean()).map(([column, list, not]) => ({
    text: `${column} ${not ? 'NOT ' : ''}IN (${list.map(written).join(',')})`,
    truth: (row: Row) => {
      const truth = either(list.map((value) => compared('=', row[column]!, value)))
      return not ? negated(truth) : truth
    },
  })),
  fc.tuple(name, fc.boolean()).map(([column, not]) => ({
    text: `${column} is ${not ? 'not ' : ''}null`,
    truth: (row: Row) => (row[column] === null) !== not,
  })),
)

const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4 },
    leaf,
    tie('condition').map(({ text, truth }) => ({ text: `not (${text})`, truth: (row: Row) => negated(truth(row)) })),
    fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => ({
      text: `(${a.text}) or (${b.text})`,
      truth: (row: Row) => either([a.truth(row), b.truth(row)]),
    })),
    fc.tuple(tie('condition'), tie('condition')).map(([a, b]) => ({
      text: `((${a.text}) AND (${b.text}))`,
      // De Morgan's law holds in three values too.
      truth: (row: Row) => negated(either([negated(a.truth(row)), negated(b.truth(row))])),
    })),
  ),
}))

describe('any row filter', () => {
  it('matches the rows that plain three-valued logic matches', () => {
    const row = fc.record(Object.fromEntries(names.map((name) => [name, fc.option(values[name], { freq: 4 })])))
    const run = fc.property(condition, fc.array(row, { minLength: 1, maxLength: 8 }), ({ text, truth }, rows) => {
      // A first row without nulls tells the type of each column.
      const all = [{ text: 'a', number: 1, whole: 1n, flag: true }, ...rows]
      const columns = columnsOf(Object.fromEntries(names.map((name) => [name, all.map((each) => each[name] ?? null)])))
      const expected = all.flatMap((each, i) => (truth(each as Row) === true ? [i] : []))
      const found = parseWhere(text).rows(columns, all.length)
      return String(found ?? all.map((_, i) => i)) === String(expected)
    })
    expect(fc.check(run, { numRuns: 1000 })).toMatchObject({ failed: false })
  })
})
