import { SlipwayError } from '../core/errors.js'
import type { Fields } from '../core/field.js'
import type { FieldsLike, ToFields } from '../core/field-types.js'
import { text } from '../core/fields.js'
import { checkGather, checkGuard, refuseUnknownKeys, toLadder, toStored } from './check-definition.js'
import { showValue } from '../guardrails/show-value.js'
import { checkExamples } from './check-examples.js'
import { toField } from './check-field.js'
import type { DefinitionOptions, InputsOf, ModelDefinition } from './definition.js'
import { refuseDefinition } from './definition-error.js'

/**
 * The one definition of a model: what goes in and out, what happens before and after it runs, and what guards it.
 * Throws DEFINITION_INVALID, naming the field, when it contradicts itself; whether it fits its ONNX file is checked when it is loaded.
 */
export function defineModel<const I extends FieldsLike, const O extends FieldsLike, const K extends string = never>(
  options: DefinitionOptions<I, O, K>,
): ModelDefinition<InputsOf<I, K>, ToFields<O>> {
  const { name } = options
  refuseUnknownKeys('', options, optionNames)
  checkName(name)
  if (typeof options.artifact !== 'string' || options.artifact === '') refuseDefinition('artifact', 'expected the path of an ONNX file')
  const gather = options.gather ?? {}
  const input = withKeys(toFields('input', options.input), gather)
  const output = toFields('output', options.output)
  checkGather(gather, input)
  const fallback = toLadder(options.fallback)
  checkGuard(options.guard ?? {}, { input, output }, fallback.length > 0)
  const definition: ModelDefinition = {
    '~slipway': 'model',
    name,
    description: options.description ?? null,
    artifact: options.artifact,
    input,
    output,
    gather,
    preprocess: toFunction('preprocess', options.preprocess),
    postprocess: toFunction('postprocess', options.postprocess),
    guard: options.guard ?? {},
    fallback,
    stored: toStored(options.stored, input, fallback.length > 0),
    examples: options.examples ?? [],
  }
  checkExamples(definition)
  return definition as unknown as ModelDefinition<InputsOf<I, K>, ToFields<O>>
}

const optionNames = 'name description artifact input output gather preprocess postprocess guard fallback stored examples'.split(' ')

/** True for what `defineModel` returns, from whichever copy of slipway it came. */
export function isModelDefinition(value: unknown): value is ModelDefinition {
  return typeof value === 'object' && value !== null && '~slipway' in value && value['~slipway'] === 'model'
}

function checkName(name: unknown): void {
  if (typeof name === 'string' && /^[a-z0-9][a-z0-9._-]{0,127}$/.test(name)) return
  throw new SlipwayError(
    'MODEL_NAME',
    `name: expected lower case letters, digits, dots, underscores and dashes, 128 at most, received ${showValue(name)}`,
  )
}

function toFields(part: 'input' | 'output', likes: FieldsLike): Fields {
  if (typeof likes !== 'object' || likes === null) refuseDefinition(part, `expected fields by name, received ${showValue(likes)}`)
  const names = Object.keys(likes)
  if (names.length === 0) refuseDefinition(part, 'expected at least one field')
  const fields: Record<string, Fields[string]> = Object.create(null)
  for (const name of names) {
    if (name === '') refuseDefinition(part, 'a field has an empty name')
    const field = toField(`${part} \`${name}\``, likes[name])
    if (part === 'input' && field.kind === 'tensor' && field.sum !== undefined) {
      refuseDefinition(`input \`${name}\``, 'sum is for outputs')
    }
    fields[name] = field
  }
  return fields
}

/** The inputs, and an optional text for each key of `gather` that is not one of them. */
function withKeys(input: Fields, gather: ModelDefinition['gather']): Fields {
  const fields: Record<string, Fields[string]> = Object.assign(Object.create(null), input)
  for (const [table, { key }] of Object.entries(gather)) {
    if (typeof key !== 'string' || key === '') refuseDefinition(`gather \`${table}\``, 'key names the field that holds the key')
    fields[key] ??= text({ optional: true, description: `Key of the row in \`${table}\` of the feature store.` })
  }
  return fields
}

function toFunction<F>(part: string, value: F | undefined): F | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'function') refuseDefinition(part, `expected a function, received ${showValue(value)}`)
  return value
}
