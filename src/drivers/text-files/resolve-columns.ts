import { SlipwayError } from '../../core/errors.js'
import type { Field } from '../../core/field.js'
import type { InputFile, ReadPlan } from '../../core/table.js'

/** Where the columns of a file go: positions in its header, -1 for an optional input that it lacks. */
export interface ResolvedColumns {
  /** By input of the signature. */
  readonly inputs: ReadonlyMap<string, number>
  /** By carried column. */
  readonly carry: ReadonlyMap<string, number>
  /** Positions of the elements of a model's only input, where that is a tensor and its name is no column: as the HTTP protocols read CSV. */
  readonly elements: readonly number[] | null
}

/** Finds the columns of a plan in a header. SOURCE_SCHEMA, naming what there is, where one is missing. */
export function resolveColumns(names: readonly string[], plan: ReadPlan, file: InputFile): ResolvedColumns {
  const carry = new Map(plan.carry.map((name) => [name, found(names, name, file, `the column ${JSON.stringify(name)} that is asked for`)]))
  const entries = Object.entries(plan.fields)
  const [only] = entries
  if (entries.length === 1 && only !== undefined && only[1].kind === 'tensor' && !Object.hasOwn(plan.columnOf, only[0])) {
    if (position(names, only[0]) < 0) {
      return {
        inputs: new Map(),
        carry,
        elements: elementColumns(names, only[1].shape, { carry: new Set(carry.values()), file, input: only[0] }),
      }
    }
  }
  const inputs = new Map(entries.map(([name, field]) => [name, inputColumn(names, { name, field, plan, file })]))
  const taken = [...inputs.values()].filter((index) => index >= 0)
  const twice = taken.find((index, i) => taken.indexOf(index) < i)
  if (twice !== undefined) throw new SlipwayError('SOURCE_SCHEMA', `two inputs are to be read from ${JSON.stringify(names[twice])}`)
  return { inputs, carry, elements: null }
}

interface WantedInput {
  readonly name: string
  readonly field: Field
  readonly plan: ReadPlan
  readonly file: InputFile
}

function inputColumn(names: readonly string[], { name, field, plan, file }: WantedInput): number {
  const mapped = Object.hasOwn(plan.columnOf, name)
  const column = mapped ? plan.columnOf[name]! : name
  const needed = mapped || !(field.optional || plan.policy.gatherable.has(name))
  if (!needed) return position(names, column)
  return found(names, column, file, `the input \`${name}\``)
}

/** Position of a name as it stands, or but for blanks around it. */
function position(names: readonly string[], name: string): number {
  const exact = names.indexOf(name)
  return exact >= 0 ? exact : names.findIndex((other) => other.trim() === name)
}

function found(names: readonly string[], column: string, file: InputFile, wanted: string): number {
  const index = position(names, column)
  if (index >= 0) return index
  const near = names.filter((name) => isNear(name, column))
  const input = /`(.+)`/.exec(wanted)?.[1]
  const advice = input === undefined ? '' : `; map another with \`--map ${input}=${near[0] ?? 'COLUMN'}\``
  const like = near.length === 0 ? '' : `; ${near.map((name) => JSON.stringify(name)).join(' and ')} looks like it`
  throw new SlipwayError(
    'SOURCE_SCHEMA',
    `${file.name} has no column ${JSON.stringify(column)} for ${wanted}: its columns are ${list(names)}${separated(names)}${like}${advice}`,
  )
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, 30).map((name) => JSON.stringify(name.slice(0, 64)))
  return names.length > 30 ? `${shown.join(', ')} and ${names.length - 30} more` : shown.join(', ')
}

function separated(names: readonly string[]): string {
  const separator = names.length === 1 ? [';', '\t', '|'].find((mark) => names[0]!.includes(mark)) : undefined
  return separator === undefined ? '' : ` (cells must be separated by commas, and ${JSON.stringify(separator)} stands in the header)`
}

function isNear(name: string, wanted: string): boolean {
  const [a, b] = [plainName(name), plainName(wanted)]
  return a === b || (b.length > 3 && withinTwoEdits(a, b))
}

function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_.-]/g, '')
}

/** Whether few letters differ (Levenshtein distance of at most 2). */
function withinTwoEdits(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 2 || a.length > 64) return false
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]! <= 2
}

interface TensorColumns {
  readonly carry: ReadonlySet<number>
  readonly file: InputFile
  readonly input: string
}

function elementColumns(names: readonly string[], shape: readonly (number | null)[], { carry, file, input }: TensorColumns): number[] {
  const all = [...names.keys()]
  const rest = all.filter((index) => !carry.has(index))
  if (shape.includes(null)) return rest
  const count = shape.reduce<number>((product, size) => product * size!, 1)
  const found = [rest, all].find((indices) => indices.length === count)
  if (found !== undefined) return found
  throw new SlipwayError(
    'SOURCE_SCHEMA',
    `${file.name} has neither a column "${input}" nor ${count} columns for the elements of the input \`${input}\`: besides what is carried it has ${rest.length}, ${list(rest.map((index) => names[index]!))}`,
  )
}
