import { SlipwayError } from '../../core/errors.js'
import type { ColumnType } from '../../core/frame.js'
import type { ReadPlan, TableType } from '../../core/table.js'
import { tableType } from './column-types.js'
import type { SourceType } from './column-types.js'
import type { SourceColumns } from './input-plan.js'
import { absentColumn } from './schema-faults.js'
import { asItIs, asJson, asNumbers, asText, asTimes } from './selection.js'
import type { Selected } from './selection.js'
import { name as quoted } from './sql-text.js'

/** A column that is carried beside the inputs. */
export interface CarriedColumn {
  readonly name: string
  readonly selected: Selected
  readonly dtype: ColumnType & ('string' | 'bool' | 'float32' | 'float64' | NonNullable<SourceType['dtype']>)
}

/** How each carried column is read. SOURCE_SCHEMA when one is absent, or told to be of a type that it cannot be read as. */
export function planCarried(plan: Pick<ReadPlan, 'carry' | 'types'>, columns: SourceColumns, file: string): readonly CarriedColumn[] {
  return plan.carry.map((name) => {
    const type = columns.get(name)
    if (type === undefined) throw absentColumn({ name: null, column: name, columns: [...columns.keys()], file })
    const wanted = Object.hasOwn(plan.types, name) ? plan.types[name]! : tableType(type)
    const carried = wanted === tableType(type) ? natural(name, type) : converted(name, type, wanted)
    if (carried !== null) return carried
    throw new SlipwayError('SOURCE_SCHEMA', `column \`${name}\` of ${file} is ${type.text} and cannot be read as ${wanted}`)
  })
}

function natural(name: string, type: SourceType): CarriedColumn {
  switch (type.family) {
    case 'integer':
      return { name, selected: asItIs(name, type), dtype: type.dtype! }
    case 'float':
      return { name, selected: asItIs(name, type), dtype: type.text === 'FLOAT' ? 'float32' : 'float64' }
    case 'boolean':
      return { name, selected: asItIs(name, type), dtype: 'bool' }
    case 'text':
      return { name, selected: asText(name, type), dtype: 'string' }
    case 'timestamp':
    case 'date':
      return { name, selected: asTimes(name, type), dtype: 'float64' }
    case 'decimal':
      if (tableType(type) === 'integer')
        return { name, selected: { sql: `CAST(${quoted(name)} AS BIGINT)`, kind: 'longs' }, dtype: 'int64' }
      if (tableType(type) === 'number') return { name, selected: asNumbers(name, type), dtype: 'float64' }
      return { name, selected: asJson(name, type), dtype: 'string' }
    case 'list':
    case 'other':
      return { name, selected: asJson(name, type), dtype: 'string' }
  }
}

/** Conversions that lose nothing; null for any other. */
function converted(name: string, type: SourceType, wanted: TableType): CarriedColumn | null {
  if (wanted === 'text') return { name, selected: asText(name, type), dtype: 'string' }
  if (wanted === 'json') return { name, selected: asJson(name, type), dtype: 'string' }
  const numeric = type.family === 'integer' || type.family === 'float' || type.family === 'decimal'
  if (!numeric || (wanted !== 'number' && wanted !== 'timestamp')) return null
  const selected = asNumbers(name, type)
  return { name, selected: { ...selected, sql: `CAST(${selected.sql} AS DOUBLE)` }, dtype: 'float64' }
}
