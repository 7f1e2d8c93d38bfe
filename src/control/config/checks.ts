import { SlipwayError } from '../../core/errors.js'
import { showChoices, showRange, showValue } from '../../guardrails/show-value.js'

/** Checks one value of a configuration; throws CONFIG_INVALID naming its key path, what was expected and what came. */
export type Check = (value: unknown, path: string) => void

/** `batch.nightly.from: expected …`. */
export function refuse(path: string, message: string): never {
  throw new SlipwayError('CONFIG_INVALID', path === '' ? message : `${path}: ${message}`)
}

/** A text that is not empty, and passes `further`, which throws a SlipwayError about the text alone. */
export function text(further?: (value: string) => void, what = 'a text'): Check {
  return (value, path) => {
    if (typeof value !== 'string' || value.trim() === '') refuse(path, `expected ${what}, received ${showValue(value)}`)
    try {
      further?.(value)
    } catch (error) {
      if (!(error instanceof SlipwayError)) throw error
      refuse(path, error.message)
    }
  }
}

/** A finite number, both bounds included. */
export function number(bounds: { readonly min: number; readonly max: number; readonly whole: boolean }): Check {
  const what = `a ${bounds.whole ? 'whole ' : ''}number${showRange(bounds.min, bounds.max)}`
  return (value, path) => {
    const fits = typeof value === 'number' && value >= bounds.min && value <= bounds.max && (!bounds.whole || Number.isInteger(value))
    if (!fits) refuse(path, `expected ${what}, received ${showValue(value)}`)
  }
}

export function boolean(value: unknown, path: string): void {
  if (typeof value !== 'boolean') refuse(path, `expected true or false, received ${showValue(value)}`)
}

export function oneOf(choices: readonly string[]): Check {
  return (value, path) => {
    if (!choices.some((choice) => choice === value)) refuse(path, `expected ${showChoices(choices)}, received ${showValue(value)}`)
  }
}

/** An array, each element checked as `path[i]`. */
export function list(element: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value)) refuse(path, `expected a list, received ${showValue(value)}`)
    for (const [index, item] of value.entries()) element(item, `${path}[${index}]`)
  }
}

/** An object of any keys that `key` lets pass. */
export function record(entry: Check, key?: (name: string) => string | null): Check {
  return (value, path) => {
    for (const [name, item] of Object.entries(objectAt(value, path))) {
      const problem = key?.(name) ?? null
      if (problem !== null) refuse(below(path, name), problem)
      entry(item, below(path, name))
    }
  }
}

/** An object of the keys of `members` and no others; those of `required` are there. A key set to undefined counts as left out. */
export function object(members: Readonly<Record<string, Check>>, required: readonly string[] = []): Check {
  return (value, path) => {
    const given = objectAt(value, path)
    for (const name of Object.keys(given)) {
      if (!Object.hasOwn(members, name)) refuse(below(path, name), `there is no such key; there are ${Object.keys(members).join(', ')}`)
    }
    for (const name of required) {
      if (given[name] === undefined) refuse(below(path, name), 'is missing')
    }
    for (const [name, check] of Object.entries(members)) {
      if (given[name] !== undefined) check(given[name], below(path, name))
    }
  }
}

function objectAt(value: unknown, path: string): Readonly<Record<string, unknown>> {
  const plain = typeof value === 'object' && value !== null && !Array.isArray(value)
  return plain ? (value as Record<string, unknown>) : refuse(path, `expected an object, received ${showValue(value)}`)
}

function below(path: string, name: string): string {
  const shown = /^[\w-]+$/.test(name) ? name : `\`${name}\``
  return path === '' ? shown : `${path}.${shown}`
}
