import type { Fields } from '../core/field.js'
import { showValue } from '../guardrails/show-value.js'
import { checkAction } from './check-field.js'
import type {
  Fallback,
  FallbackModel,
  GatherOptions,
  GuardOptions,
  MissingPolicy,
  NamedFallback,
  StalePolicy,
  StoredOptions,
  StoredPolicy,
} from './definition.js'
import { refuseDefinition } from './definition-error.js'

/** Refuses keys and features that `gather` cannot look up. */
export function checkGather(gather: Readonly<Record<string, GatherOptions>>, input: Fields): void {
  const tableOf = new Map<string, string>()
  for (const [table, { key, features }] of Object.entries(gather)) {
    const place = `gather \`${table}\``
    const kind = input[key]?.kind
    if (kind !== 'text' && kind !== 'category' && kind !== 'integer') {
      refuseDefinition(place, `the key \`${key}\` is a ${String(kind)}; a key is a text, a category or an integer`)
    }
    if (!Array.isArray(features) || features.length === 0) refuseDefinition(place, 'features is empty; list the inputs to look up')
    for (const feature of features as string[]) {
      if (!Object.hasOwn(input, feature)) refuseDefinition(place, `the feature \`${feature}\` is not an input of the model`)
      if (feature === key) refuseDefinition(place, `\`${feature}\` is the key and cannot be looked up by itself`)
      const other = tableOf.get(feature)
      if (other !== undefined) refuseDefinition(place, `the feature \`${feature}\` already comes from \`${other}\``)
      tableOf.set(feature, table)
    }
  }
}

/** Refuses guard options that cannot hold: unknown actions, a fallback that is not there, checks that are no functions. */
export function checkGuard(
  guard: GuardOptions<never>,
  fields: { readonly input: Fields; readonly output: Fields },
  hasFallback: boolean,
): void {
  refuseUnknownKeys('guard.', guard, ['onFail', 'unknownFields', 'cross', 'onOutputFail', 'deadlineMs'])
  const wanted = new Map<string, unknown>([
    ['guard.onFail', guard.onFail],
    ['guard.onOutputFail', guard.onOutputFail],
    ...Object.entries(fields.input).map(([name, field]) => [`input \`${name}\`: onFail`, field.onFail] as const),
    ...Object.entries(fields.output).map(([name, field]) => [`output \`${name}\`: onFail`, field.onFail] as const),
  ])
  for (const [name, check] of Object.entries(guard.cross ?? {})) {
    const place = `guard.cross \`${name}\``
    const test: unknown = typeof check === 'function' ? check : check?.test
    if (typeof test !== 'function') refuseDefinition(place, `expected a function of a row, received ${showValue(test)}`)
    if (typeof check !== 'function') wanted.set(`${place}: onFail`, check.onFail)
  }
  for (const [place, action] of wanted) {
    if (action === undefined) continue
    checkAction(place, action)
    if (action === 'fallback' && !hasFallback) refuseDefinition(place, `is 'fallback', but the definition has no fallback`)
  }
  const { deadlineMs, unknownFields } = guard
  if (deadlineMs !== undefined && !(Number.isFinite(deadlineMs) && deadlineMs > 0)) {
    refuseDefinition('guard.deadlineMs', `expected milliseconds greater than 0, received ${showValue(deadlineMs)}`)
  }
  if (unknownFields !== undefined && unknownFields !== 'reject' && unknownFields !== 'ignore') {
    refuseDefinition('guard.unknownFields', `expected 'reject' or 'ignore', received ${showValue(unknownFields)}`)
  }
}

/** One fallback or several as a ladder of named ones. */
export function toLadder(fallback: unknown): readonly (NamedFallback<Fields, Fields> | FallbackModel<Fields, Fields>)[] {
  if (fallback === undefined || fallback === null) return []
  const ladder = (Array.isArray(fallback) ? fallback : [fallback]).map((step: Fallback<Fields, Fields>) => toStep(step))
  const names = new Set<string>()
  for (const { name } of ladder) {
    if (names.has(name)) refuseDefinition('fallback', `two fallbacks are named '${name}'; give each its own name`)
    names.add(name)
  }
  return ladder
}

function toStep(step: Fallback<Fields, Fields>): NamedFallback<Fields, Fields> | FallbackModel<Fields, Fields> {
  if (typeof step === 'function') return { name: 'heuristic', answer: step }
  if (typeof step !== 'object' || step === null) {
    refuseDefinition('fallback', `expected a function, { name, answer } or { name, artifact }, received ${showValue(step)}`)
  }
  if (typeof step.name !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(step.name)) {
    refuseDefinition('fallback', `a name is letters, digits, dots, underscores and dashes, 64 at most, received ${showValue(step.name)}`)
  }
  const answers = 'answer' in step && typeof step.answer === 'function'
  const runs = 'artifact' in step && typeof step.artifact === 'string' && step.artifact !== ''
  if (answers === runs) refuseDefinition(`fallback \`${step.name}\``, 'give it either `answer`, a function, or `artifact`, an ONNX file')
  return step
}

const stalePolicies: readonly StalePolicy[] = ['serve', 'predict', 'fallback', 'reject']
const missingPolicies: readonly MissingPolicy[] = ['predict', 'fallback', 'reject']

/** The stored options in full; refuses those that cannot hold. Null when there are none. */
export function toStored(options: StoredOptions | undefined, input: Fields, hasFallback: boolean): StoredPolicy | null {
  if (options === undefined || options === null) return null
  if (typeof options !== 'object') refuseDefinition('stored', `expected { key, … }, received ${showValue(options)}`)
  refuseUnknownKeys('stored.', options, ['key', 'maxAgeMs', 'onStale', 'onMissing'])
  const { key, maxAgeMs = null, onStale = 'serve', onMissing = 'reject' } = options
  if (typeof key !== 'string' || key === '') refuseDefinition('stored.key', 'names what a prediction is stored under')
  if (maxAgeMs !== null && !(Number.isFinite(maxAgeMs) && maxAgeMs > 0)) {
    refuseDefinition('stored.maxAgeMs', `expected milliseconds greater than 0, received ${showValue(maxAgeMs)}`)
  }
  if (maxAgeMs === null && options.onStale !== undefined) refuseDefinition('stored.onStale', 'nothing is stale without `maxAgeMs`')
  checkPolicy('stored.onStale', onStale, stalePolicies, { key, input, hasFallback })
  checkPolicy('stored.onMissing', onMissing, missingPolicies, { key, input, hasFallback })
  return { key, maxAgeMs, onStale, onMissing }
}

function checkPolicy(
  place: string,
  policy: string,
  known: readonly string[],
  { key, input, hasFallback }: { readonly key: string; readonly input: Fields; readonly hasFallback: boolean },
): void {
  if (!known.includes(policy))
    refuseDefinition(place, `expected ${known.map((name) => `'${name}'`).join(', ')}, received ${showValue(policy)}`)
  if (policy === 'fallback' && !hasFallback) refuseDefinition(place, `is 'fallback', but the definition has no fallback`)
  if (policy !== 'predict') return
  const kind = Object.hasOwn(input, key) ? input[key]!.kind : null
  if (kind === null) refuseDefinition(place, `is 'predict', but \`${key}\` is no input of the model and no key of \`gather\``)
  if (kind !== 'text' && kind !== 'category' && kind !== 'integer') {
    refuseDefinition(place, `is 'predict', but \`${key}\` is a ${kind}; a key is a text, a category or an integer`)
  }
}

/** True for a step of the ladder that is a model of its own. */
export function isFallbackModel<I extends Fields, O extends Fields>(
  step: NamedFallback<I, O> | FallbackModel<I, O>,
): step is FallbackModel<I, O> {
  return 'artifact' in step
}

/** An option that nothing reads is a guard that does not guard. */
export function refuseUnknownKeys(prefix: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key))
  if (unknown !== undefined) refuseDefinition(`${prefix}${unknown}`, `there is no such option; there are ${known.join(', ')}`)
}
