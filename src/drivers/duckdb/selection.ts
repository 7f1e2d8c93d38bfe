import { doubleDigits } from './column-types.js'
import type { SourceType } from './column-types.js'
import { name } from './sql-text.js'

/** How the cells of a column of a result are read. */
export type CellKind =
  /** Typed arrays of numbers. */
  | 'numbers'
  /** 64-bit integers. */
  | 'longs'
  /** 128-bit integers. */
  | 'huge'
  | 'flags'
  | 'texts'
  /** Epoch milliseconds. */
  | 'times'
  /** Any value as JSON text. */
  | 'json'
  | 'list'

/** A column of a result, and how it is read. */
export interface Selected {
  readonly sql: string
  readonly kind: CellKind
  /** Of the elements of a list. */
  readonly element?: Selected
}

/** The column as it stands in the file. */
export function asItIs(column: string, type: SourceType): Selected {
  const sql = name(column)
  if (type.family === 'integer') return { sql, kind: isLong(type) ? 'longs' : 'numbers' }
  if (type.family === 'boolean') return { sql, kind: 'flags' }
  if (type.family === 'text') return asText(column, type)
  return { sql, kind: 'numbers' }
}

/** Integers, floats and decimals as numbers, each the double nearest to it; 32-bit floats and shorter integers as they are. */
export function asNumbers(column: string, type: SourceType): Selected {
  const sql = name(column)
  if (type.family === 'float' || (type.family === 'integer' && !isLong(type))) return { sql, kind: 'numbers' }
  // DuckDB divides long decimals, which rounds twice; their digits, read as a number, round once.
  const long = type.family === 'decimal' && type.digits > doubleDigits
  return { sql: long ? `CAST(CAST(${sql} AS VARCHAR) AS DOUBLE)` : `CAST(${sql} AS DOUBLE)`, kind: 'numbers' }
}

export function asText(column: string, type: SourceType): Selected {
  return { sql: type.text === 'VARCHAR' ? name(column) : `CAST(${name(column)} AS VARCHAR)`, kind: 'texts' }
}

/**
 * Dates and timestamps as epoch milliseconds; one without zone is in UTC. Below the second it is rounded as the same time given as ISO 8601
 * text would be, so that every way of giving a time gives the same bits. Infinite times are infinite.
 */
export function asTimes(column: string, type: SourceType): Selected {
  const sql = name(column)
  const infinite = `CASE WHEN ${sql} IS NOT NULL THEN 'Infinity'::DOUBLE END`
  if (type.family === 'date') return { sql: `coalesce(CAST(epoch_ms(${sql}) AS DOUBLE), ${infinite})`, kind: 'times' }
  const [units, perSecond] = type.text === 'TIMESTAMP_NS' ? [`epoch_ns(${sql})`, '1000000000'] : [`epoch_us(${sql})`, '1000000']
  const part = `((${units} % ${perSecond} + ${perSecond}) % ${perSecond})`
  const seconds = `CAST((${units} - ${part}) // ${perSecond} AS DOUBLE) * 1e3`
  return { sql: `coalesce(${seconds} + CAST(${part} AS DOUBLE) / ${perSecond}::DOUBLE * 1e3, ${infinite})`, kind: 'times' }
}

/** Anything as JSON text: 32-bit floats as the doubles they are, times as ISO 8601. */
export function asJson(column: string, type: SourceType): Selected {
  const sql = name(column)
  if (type.text === 'FLOAT') return { sql: `CAST(to_json(CAST(${sql} AS DOUBLE)) AS VARCHAR)`, kind: 'json' }
  if (type.family === 'timestamp') {
    const iso = `strftime(CAST(${sql} AS TIMESTAMP), '%Y-%m-%dT%H:%M:%S.%fZ')`
    return { sql: `CAST(to_json(${iso}) AS VARCHAR)`, kind: 'json' }
  }
  return { sql: `CAST(to_json(${sql}) AS VARCHAR)`, kind: 'json' }
}

export function isLong(type: SourceType): boolean {
  return type.dtype === 'int64' || type.dtype === 'uint64'
}
