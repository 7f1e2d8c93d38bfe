import type { DType } from '../core/dtype.js'
import { isFloat } from '../core/dtype.js'
import type { Field, Fields } from '../core/field.js'
import type { TensorSpec } from '../core/tensor.js'
import { elementCount } from '../core/tensor.js'
import { describeField } from '../guardrails/describe-field.js'
import { namesOf } from './feeds.js'
import type { OutputReader } from './output-readers.js'
import { readCategory, readPart, readWhole } from './output-readers.js'

/** A graph output under a batch rule. */
export interface GraphOutput {
  readonly spec: TensorSpec
  /** Null when the graph does not say. */
  readonly rowShape: readonly (number | null)[] | null
}

/** Where an output field comes from. */
export interface OutputMatch {
  readonly field: string
  readonly spec: TensorSpec
  readonly read: OutputReader
}

/**
 * Pairs output fields with graph outputs: by name; then in order where their types agree, one to one or side by side in one tensor; then
 * each with the one output that suits it best. Two conveniences for classifiers: a category is read from the label, as text or as index,
 * and a lone number beside a label from the second of two probabilities. A text says why they cannot be paired.
 */
export function matchOutputs(output: Fields, sources: readonly GraphOutput[]): readonly OutputMatch[] | string {
  const matches: OutputMatch[] = []
  const names = Object.keys(output)
  for (const name of names) {
    const source = sources.find(({ spec }) => spec.name === name)
    if (source === undefined) continue
    const claim = claimOf(output[name]!, source, sources)
    if (claim === null)
      return `output \`${name}\` is ${describeField(output[name]!)}, the graph's is ${source.spec.dtype} of another shape or type`
    matches.push({ field: name, spec: source.spec, read: claim.read })
  }
  const open = names.filter((name) => !matches.some((match) => match.field === name))
  const free = sources.filter(({ spec }) => !matches.some((match) => match.spec === spec))
  if (open.length === 0) return matches
  const rest =
    inOrder(output, open, free, 2) ??
    sideBySide(output, open, free) ??
    bestFirst(output, open, free, sources) ??
    inOrder(output, open, free, 1)
  return rest === null ? reasonOf(output, open[0]!, free) : [...matches, ...rest]
}

function reasonOf(output: Fields, name: string, free: readonly GraphOutput[]): string {
  if (free.length === 0) return `no output of the graph is left for output \`${name}\``
  return `output \`${name}\`, ${describeField(output[name]!)}, could not be found among ${namesOf(free.map(({ spec }) => spec))}`
}

function inOrder(output: Fields, names: readonly string[], free: readonly GraphOutput[], least: number): readonly OutputMatch[] | null {
  if (names.length !== free.length) return null
  const claims = names.map((name, index) => claimOf(output[name]!, free[index]!, free))
  if (claims.some((claim) => claim === null || claim.strength < least)) return null
  return names.map((field, index) => ({ field, spec: free[index]!.spec, read: claims[index]!.read }))
}

function sideBySide(output: Fields, names: readonly string[], free: readonly GraphOutput[]): readonly OutputMatch[] | null {
  if (free.length !== 1 || names.length < 2) return null
  const { spec, rowShape } = free[0]!
  const matches: OutputMatch[] = []
  let offset = 0
  for (const field of names) {
    const size = sizeOf(output[field]!)
    if (size === null || suitability(output[field]!, spec.dtype) === 0) return null
    matches.push({ field, spec, read: readPart(field, offset, size) })
    offset += size
  }
  return rowShape !== null && countOf(rowShape) === offset ? matches : null
}

/** The strongest claims first; null when one is disputed or empty. */
function bestFirst(
  output: Fields,
  names: readonly string[],
  free: readonly GraphOutput[],
  all: readonly GraphOutput[],
): readonly OutputMatch[] | null {
  const open = new Set(names)
  const left = new Set(free)
  const matches: OutputMatch[] = []
  while (open.size > 0) {
    const claims = [...open].map((field) => strongest(field, output[field]!, left, all))
    const [best] = claims.toSorted((a, b) => (b?.strength ?? 0) - (a?.strength ?? 0))
    if (best === undefined || best === null) return null
    matches.push({ field: best.field, spec: best.source.spec, read: best.read })
    open.delete(best.field)
    left.delete(best.source)
  }
  return matches
}

function strongest(field: string, of: Field, left: ReadonlySet<GraphOutput>, all: readonly GraphOutput[]): (Claim & Claimed) | null {
  const claims = [...left].flatMap((source) => {
    const claim = claimOf(of, source, all)
    return claim === null ? [] : [{ ...claim, field, source }]
  })
  const [first, second] = claims.toSorted((a, b) => b.strength - a.strength)
  return first === undefined || first.strength === second?.strength ? null : first
}

interface Claimed {
  readonly field: string
  readonly source: GraphOutput
}

interface Claim {
  /** 3 the same type, 2 by a convenience or a like type, 1 at a pinch. */
  readonly strength: number
  readonly read: OutputReader
}

/** Whether a field can be read from a graph output, and how well it suits. */
function claimOf(field: Field, { spec, rowShape }: GraphOutput, all: readonly GraphOutput[]): Claim | null {
  const strength = suitability(field, spec.dtype)
  if (strength === 0) return null
  if (field.kind === 'tensor')
    return rowShape === null || shapesAgree(field.shape, rowShape) ? { strength, read: readWhole(spec.name) } : null
  if (rowShape === null) return { strength: 1, read: readScalar(field, spec) }
  const count = countOf(rowShape)
  if (count === 1 || (count === null && rowShape.length === 1)) return { strength, read: readScalar(field, spec) }
  const binary = field.kind === 'number' && count === 2 && isFloat(spec.dtype) && all.some((other) => isLabel(other))
  return binary ? { strength: 2, read: readPart(spec.name, 1, 1) } : null
}

function readScalar(field: Field, spec: TensorSpec): OutputReader {
  return field.kind === 'category' && spec.dtype !== 'string' ? readCategory(spec.name) : readWhole(spec.name)
}

function isLabel({ spec, rowShape }: GraphOutput): boolean {
  return !isFloat(spec.dtype) && spec.dtype !== 'bool' && rowShape !== null && countOf(rowShape) === 1
}

/** 0 when values of the dtype can never be values of the field. */
function suitability(field: Field, dtype: DType): 0 | 1 | 2 | 3 {
  const whole = !isFloat(dtype) && dtype !== 'string' && dtype !== 'bool'
  switch (field.kind) {
    case 'number':
      return isFloat(dtype) ? 3 : dtype === 'string' ? 0 : 1
    case 'integer':
      return whole ? 3 : 0
    case 'boolean':
      return dtype === 'bool' ? 3 : whole ? 1 : 0
    case 'text':
      return dtype === 'string' ? 3 : 0
    case 'category':
      return dtype === 'string' ? 3 : whole ? 2 : 0
    case 'timestamp':
      return dtype === 'float64' || dtype === 'int64' ? 1 : 0
    case 'tensor':
      if (field.dtype === dtype) return 3
      return field.dtype === 'string' || dtype === 'string' || (isFloat(dtype) && !isFloat(field.dtype)) ? 0 : 2
    case 'schema':
      return 0
  }
}

function shapesAgree(wanted: readonly (number | null)[], given: readonly (number | null)[]): boolean {
  const alike =
    wanted.length === given.length && wanted.every((size, axis) => size === null || given[axis] === null || size === given[axis])
  const count = countOf(wanted)
  return alike || (count !== null && count === countOf(given))
}

function countOf(shape: readonly (number | null)[]): number | null {
  return shape.includes(null) ? null : elementCount(shape as readonly number[])
}

function sizeOf(field: Field): number | null {
  return field.kind === 'tensor' ? countOf(field.shape) : 1
}
