import { SlipwayError } from '../../core/errors.js'
import type { Field, Fields } from '../../core/field.js'
import type { OutputColumn, TableType } from '../../core/table.js'

/** Columns that every scored row ends with: who answered, what was found, which version. */
const trailing = ['_source', '_codes', '_model'] as const

/** The columns that follow the passed ones: outputs of the model, `_source`, `_codes`, `_model`. */
export function outputColumns(output: Fields): readonly OutputColumn[] {
  return [
    ...Object.entries(output).map(([name, field]) => ({ name, type: typeOf(field), dtype: field.dtype, shape: shapeOf(field) })),
    ...trailing.map((name) => ({ name, type: 'text' as const, dtype: 'string' as const, shape: [] })),
  ]
}

/** CONFIG_INVALID when a passed column has the name of an output; upper and lower case count as one, as they do in Spark. */
export function refuseTwins(passed: readonly string[], output: readonly OutputColumn[]): void {
  const seen = new Set(output.map(({ name }) => name.toLowerCase()))
  for (const name of passed) {
    if (seen.has(name.toLowerCase())) {
      throw new SlipwayError('CONFIG_INVALID', `two columns of the output have the name \`${name}\`: leave it out of --pass, or rename it`)
    }
    seen.add(name.toLowerCase())
  }
}

function shapeOf(field: Field): readonly (number | null)[] {
  return field.kind === 'tensor' ? field.shape : []
}

function typeOf(field: Field): TableType {
  switch (field.kind) {
    case 'number':
    case 'integer':
    case 'boolean':
    case 'timestamp':
      return field.kind
    case 'category':
    case 'text':
      return 'text'
    case 'tensor':
    case 'schema':
      return 'json'
  }
}
