const longest = 40

/** How messages show a value that came: texts quoted and cut after 40 characters, collections by their kind alone. */
export function showValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value.length <= longest ? `'${value}'` : `'${value.slice(0, longest)}…' (${value.length} characters)`
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
    case 'boolean':
      return String(value)
    case 'undefined':
      return 'nothing'
    case 'object':
      if (value === null) return 'null'
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid date' : value.toISOString()
      return Array.isArray(value) ? `an array of ${value.length}` : 'an object'
    default:
      return `a ${typeof value}`
  }
}

/** `one of 'DE', 'FR', 'US'`; long lists are cut. */
export function showChoices(choices: readonly string[]): string {
  const shown = choices.slice(0, 8).map(showValue).join(', ')
  return choices.length > 8 ? `one of ${shown} and ${choices.length - 8} more` : `one of ${shown}`
}

/** `from 0 to 10 EUR`, `of at least 0`, `of at most 10`; empty without bounds. */
export function showRange(min: unknown, max: unknown, unit?: string): string {
  const suffix = unit === undefined ? '' : ` ${unit}`
  if (min !== undefined && max !== undefined) return ` from ${showValue(min)} to ${showValue(max)}${suffix}`
  if (min !== undefined) return ` of at least ${showValue(min)}${suffix}`
  return max === undefined ? '' : ` of at most ${showValue(max)}${suffix}`
}
