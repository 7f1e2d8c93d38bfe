import { integerRange, isFloat } from '../../core/dtype.js'
import { SlipwayError } from '../../core/errors.js'
import type { Field, IntegerDType } from '../../core/field.js'
import type { ReadPlan } from '../../core/table.js'
import { doubleDigits, integerSql } from './column-types.js'
import type { SourceType } from './column-types.js'
import { absentColumn, wrongType } from './schema-faults.js'
import { asItIs, asJson, asNumbers, asText, asTimes, isLong } from './selection.js'
import type { Selected } from './selection.js'
import { name as quoted } from './sql-text.js'

/** The columns of a file with their types, in order. */
export type SourceColumns = ReadonlyMap<string, SourceType>

/** Where an input of the signature comes from. */
export interface InputSource {
  readonly name: string
  readonly field: Field
  /** False where the row may lack it. */
  readonly required: boolean
  /** Column of the file; null when the file has none and the field may be absent. */
  readonly column: string | null
  readonly selected: Selected | null
  /** Every value fits the storage of the field as it stands: columns are copied whole. */
  readonly whole: boolean
}

/** How each input is read from a file with these columns. SOURCE_SCHEMA when one is absent or of a type that the field cannot take. */
export function planInputs(plan: ReadPlan, columns: SourceColumns, file: string): readonly InputSource[] {
  return Object.entries(plan.fields).map(([name, field]) => {
    const required = !field.optional && !plan.policy.gatherable.has(name)
    const mapped = Object.hasOwn(plan.columnOf, name)
    const column = mapped ? plan.columnOf[name]! : name
    const type = columns.get(column)
    if (type === undefined) {
      if (required || mapped) throw absentColumn({ name, column, columns: [...columns.keys()], file })
      return { name, field, required, column: null, selected: null, whole: false }
    }
    const way = wayFor(field, column, type)
    if (way === null) throw wrongType({ name, column, file, found: type.text, wanted: wantedBy(field), cast: castFor(field) })
    return { name, field, required, column, selected: way.selected, whole: way.whole && field.schema === null }
  })
}

interface Way {
  readonly selected: Selected
  readonly whole: boolean
}

function wayFor(field: Field, column: string, type: SourceType): Way | null {
  switch (field.kind) {
    case 'number':
      return isNumeric(type) ? { selected: asNumbers(column, type), whole: true } : null
    case 'integer':
      return integerWay(field.dtype, column, type)
    case 'category':
    case 'text':
      return type.family === 'text' ? { selected: asText(column, type), whole: false } : null
    case 'boolean':
      return type.family === 'boolean' ? { selected: asItIs(column, type), whole: true } : null
    case 'timestamp':
      return timeWay(column, type)
    case 'tensor': {
      const selected = tensorElements(field.dtype, quoted(column), type, field.shape.length === 0)
      return selected === null ? null : { selected, whole: false }
    }
    case 'schema':
      return { selected: asJson(column, type), whole: false }
  }
}

function isNumeric(type: SourceType): boolean {
  return type.family === 'integer' || type.family === 'float' || type.family === 'decimal'
}

function integerWay(dtype: IntegerDType, column: string, type: SourceType): Way | null {
  if (type.family === 'integer') {
    if (type.dtype === dtype) return { selected: asItIs(column, type), whole: true }
    if (!holds(dtype, type.dtype!)) return { selected: asItIs(column, type), whole: false }
    const sql = `CAST(${quoted(column)} AS ${integerSql(dtype)})`
    return { selected: { sql, kind: dtype === 'int64' || dtype === 'uint64' ? 'longs' : 'numbers' }, whole: true }
  }
  if (type.family === 'float') return { selected: asNumbers(column, type), whole: false }
  if (type.family !== 'decimal') return null
  if (type.scale > 0) return type.digits <= doubleDigits ? { selected: asNumbers(column, type), whole: false } : null
  const sql = type.text.startsWith('DECIMAL') ? `CAST(${quoted(column)} AS HUGEINT)` : quoted(column)
  return { selected: { sql, kind: 'huge' }, whole: false }
}

/** True when every value of `of` is one of `dtype`. */
function holds(dtype: IntegerDType, of: IntegerDType): boolean {
  const [min, max] = integerRange[dtype]!
  const [least, most] = integerRange[of]!
  return min <= least && most <= max
}

function timeWay(column: string, type: SourceType): Way | null {
  if (type.family === 'timestamp' || type.family === 'date') return { selected: asTimes(column, type), whole: false }
  if (type.family === 'integer' || type.family === 'float') return { selected: asNumbers(column, type), whole: false }
  return type.family === 'text' ? { selected: asText(column, type), whole: false } : null
}

type ElementDType = Parameters<typeof isFloat>[0]

/** Elements of lists at any depth; `scalar` where one element alone is a tensor. */
function tensorElements(dtype: ElementDType, sql: string, type: SourceType, scalar: boolean): Selected | null {
  let leaf = type
  let depth = 0
  while (leaf.element !== null) {
    leaf = leaf.element
    depth++
  }
  if (depth === 0 && !scalar) return null
  const kind = leafKind(dtype, leaf)
  if (kind === null) return null
  const stored = kind.cast ?? leaf.text
  const wanted = `${stored}${'[]'.repeat(depth)}`
  let selected: Selected = { sql: wanted === type.text ? sql : `CAST(${sql} AS ${wanted})`, kind: kind.kind }
  for (let level = 0; level < depth; level++) selected = { sql: selected.sql, kind: 'list', element: selected }
  return selected
}

function leafKind(dtype: ElementDType, leaf: SourceType): { readonly kind: Selected['kind']; readonly cast?: string } | null {
  if (dtype === 'string') return leaf.family === 'text' ? { kind: 'texts', cast: 'VARCHAR' } : null
  if (dtype === 'bool') return leaf.family === 'boolean' ? { kind: 'flags' } : null
  if (leaf.family === 'integer' && !isFloat(dtype)) return { kind: isLong(leaf) ? 'longs' : 'numbers' }
  if (leaf.family === 'float') return { kind: 'numbers' }
  const exact = leaf.family === 'integer' || (leaf.family === 'decimal' && leaf.digits <= doubleDigits)
  return exact ? { kind: 'numbers', cast: 'DOUBLE' } : null
}

function wantedBy(field: Field): string {
  switch (field.kind) {
    case 'number':
      return 'a number'
    case 'integer':
      return 'a whole number'
    case 'category':
    case 'text':
      return 'a text'
    case 'boolean':
      return 'a boolean'
    case 'timestamp':
      return 'a timestamp, a date, epoch milliseconds or an ISO 8601 text'
    case 'tensor':
      return `a list of ${field.dtype}`
    case 'schema':
      throw new SlipwayError('INTERNAL', 'a schema takes any type')
  }
}

function castFor(field: Field): string {
  switch (field.kind) {
    case 'integer':
      return 'BIGINT'
    case 'category':
    case 'text':
      return 'VARCHAR'
    case 'boolean':
      return 'BOOLEAN'
    case 'timestamp':
      return 'TIMESTAMPTZ'
    case 'tensor':
      return 'DOUBLE[]'
    case 'number':
    case 'schema':
      return 'DOUBLE'
  }
}
