import type { IntegerDType } from '../../core/field.js'
import type { TableType } from '../../core/table.js'

export type TypeFamily = 'integer' | 'float' | 'decimal' | 'boolean' | 'text' | 'timestamp' | 'date' | 'list' | 'other'

/** A type of DuckDB, as far as it matters here. */
export interface SourceType {
  /** As DuckDB writes it. */
  readonly text: string
  readonly family: TypeFamily
  /** Storage of an integer of up to 64 bits. */
  readonly dtype: IntegerDType | null
  /** Digits of a decimal, and those behind the point; HUGEINT counts as a decimal of 39 and 0. */
  readonly digits: number
  readonly scale: number
  /** Of a list. */
  readonly element: SourceType | null
}

/** Most digits of a decimal number that a double holds, whatever they are. */
export const doubleDigits = 15

/** Most digits of a decimal that 64 bits hold, whatever they are. */
const longDigits = 18

const integers: Readonly<Record<string, IntegerDType>> = {
  TINYINT: 'int8',
  SMALLINT: 'int16',
  INTEGER: 'int32',
  BIGINT: 'int64',
  UTINYINT: 'uint8',
  USMALLINT: 'uint16',
  UINTEGER: 'uint32',
  UBIGINT: 'uint64',
}

/** The name of the type that stores a dtype. */
export function integerSql(dtype: IntegerDType): string {
  return Object.keys(integers).find((key) => integers[key] === dtype)!
}

/** Reads a type as DESCRIBE writes it. */
export function parseType(text: string): SourceType {
  const plain = { text, family: 'other', dtype: null, digits: 0, scale: 0, element: null } as const
  const list = /^([\s\S]*)\[\d*\]$/.exec(text)
  if (list !== null) return { ...plain, family: 'list', element: parseType(list[1]!) }
  if (Object.hasOwn(integers, text)) return { ...plain, family: 'integer', dtype: integers[text]! }
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(text)
  if (decimal !== null) return { ...plain, family: 'decimal', digits: Number(decimal[1]), scale: Number(decimal[2]) }
  if (text === 'HUGEINT' || text === 'UHUGEINT') return { ...plain, family: 'decimal', digits: 39 }
  return { ...plain, family: familyOf(text) }
}

function familyOf(text: string): TypeFamily {
  if (text === 'FLOAT' || text === 'DOUBLE') return 'float'
  if (text === 'BOOLEAN') return 'boolean'
  if (text === 'VARCHAR' || text === 'UUID' || text.startsWith('ENUM(')) return 'text'
  if (text === 'DATE') return 'date'
  return /^TIMESTAMP(_S|_MS|_NS| WITH TIME ZONE)?$/.test(text) ? 'timestamp' : 'other'
}

/** How a column of the type is called outside. */
export function tableType(type: SourceType): TableType {
  switch (type.family) {
    case 'integer':
    case 'boolean':
    case 'text':
    case 'timestamp':
      return type.family
    case 'float':
      return 'number'
    case 'decimal':
      // Long whole numbers are names of things more often than measures: their digits stay.
      if (type.scale > 0) return 'number'
      return type.digits <= longDigits ? 'integer' : 'json'
    case 'date':
      return 'timestamp'
    case 'list':
    case 'other':
      return 'json'
  }
}
