import type { Field } from '../core/field.js'
import { showChoices, showRange } from './show-value.js'

/** What messages say a field expects: `a number from 0 to 50000 EUR`, `one of 'DE', 'FR'`. */
export function describeField(field: Field): string {
  switch (field.kind) {
    case 'number':
      return `a number${showRange(field.min, field.max, field.unit)}`
    case 'integer':
      return `a whole number${showRange(field.min, field.max, field.unit)}`
    case 'category':
      return showChoices(field.categories)
    case 'text':
      return 'a text'
    case 'boolean':
      return 'true or false'
    case 'tensor':
      return `${field.dtype}[${field.shape.map((size) => size ?? '?').join(',')}]`
    case 'timestamp':
      return `a point in time${showRange(field.min, field.max)}`
    case 'schema':
      return 'a value'
  }
}
