import type { Field } from '../../../core/field.js'
import { valueText } from '../../../core/json-writer.js'
import { datatypeOf, inputSpecs } from '../../../core/oip.js'
import type { TensorSpec } from '../../../core/tensor.js'
import type { ServedModelInfo } from '../../../serving/data-plane.js'
import { rowSchema } from './field-schema.js'

type Json = Readonly<Record<string, unknown>>

/** Calls of one model: path -> method -> operation. */
export function modelPaths(info: ServedModelInfo): Json {
  const path = encodeURIComponent(info.name)
  const { example } = info
  const instance = instanceOf(info, example)
  const tags = [info.name]
  return {
    [`/models/${path}/predict`]: {
      post: {
        tags,
        operationId: `predict_${info.name}`,
        summary: 'Predict one row or several',
        description: 'One row, or `{"rows":[…]}`. Write `@alias` or `@version` behind the name to pick a version.',
        parameters: [{ name: 'explain', in: 'query', description: 'Adds what the guards noted', schema: { enum: ['guards'] } }],
        requestBody: body({ anyOf: [rowRef(info, 'Input'), rowsOf(rowRef(info, 'Input'))] }, example ?? undefined),
        responses: { 200: answer('The prediction', { anyOf: [rowRef(info, 'Answer'), rowsOf(rowRef(info, 'Answer'))] }), ...refusals },
      },
    },
    [`/models/${path}`]: {
      get: { tags, summary: 'Signature, version and aliases', responses: { 200: answer('The model', { type: 'object' }) } },
    },
    [`/v2/models/${path}/infer`]: {
      post: {
        tags,
        summary: 'Infer (Open Inference Protocol v2)',
        requestBody: body({ type: 'object', required: ['inputs'] }, inferExample(info)),
        responses: { 200: answer('The output tensors', { type: 'object' }), ...refusals },
      },
    },
    [`/v2/models/${path}`]: {
      get: { tags, summary: 'Metadata (Open Inference Protocol v2)', responses: { 200: answer('Tensors', { type: 'object' }) } },
    },
    [`/v1/models/${path}:predict`]: {
      post: {
        tags,
        summary: 'Predict (TensorFlow Serving, KServe v1)',
        requestBody: body({ type: 'object' }, instance === undefined ? undefined : { instances: [instance] }),
        responses: { 200: answer('The predictions', { type: 'object' }), ...refusals },
      },
    },
    [`/predictions/${path}`]: {
      post: {
        tags,
        summary: 'Predict (TorchServe)',
        requestBody: body({}, example ?? undefined),
        responses: { 200: answer('The outputs', { type: 'object' }), ...refusals },
      },
    },
  }
}

/** Schemas of a model's rows and answers, by the names that its paths refer to. */
export function modelSchemas({ name, signature, rowPolicy }: ServedModelInfo): Json {
  return {
    [schemaName(name, 'Input')]: rowSchema(signature.input, rowPolicy.gatherable),
    [schemaName(name, 'Answer')]: {
      type: 'object',
      required: ['id', 'output', 'source', 'codes'],
      properties: {
        id: { type: 'string', description: 'Id of the prediction' },
        output: { anyOf: [rowSchema(signature.output), { type: 'null' }] },
        source: { type: 'string', description: '`model`, `fallback:<name>`, `stored`, or `none` for a refused row' },
        codes: { type: 'array', items: { type: 'string' }, description: 'What the guards noted, for example `INPUT_RANGE:amount`' },
        error: { $ref: '#/components/schemas/RowError' },
      },
    },
  }
}

const refusals = {
  400: { description: 'The request or a row of it was refused' },
  404: { description: 'No such model, version or alias' },
  429: { description: 'The queue is full; see Retry-After' },
  503: { description: 'Not ready; see Retry-After' },
} as const

function rowRef({ name }: ServedModelInfo, kind: 'Input' | 'Answer'): Json {
  return { $ref: `#/components/schemas/${schemaName(name, kind)}` }
}

/** Component names are letters, digits, dots, dashes and underscores: so are model names. */
function schemaName(model: string, kind: string): string {
  return `${model.replaceAll(/[^\w.-]/g, '_')}.${kind}`
}

function rowsOf(row: Json): Json {
  return { type: 'object', required: ['rows'], properties: { rows: { type: 'array', items: row } } }
}

function body(schema: Json, example: unknown): Json {
  const content = { schema, ...(example === undefined ? {} : { example }) }
  return { required: true, content: { 'application/json': content } }
}

function answer(description: string, schema: Json): Json {
  return { description, content: { 'application/json': { schema } } }
}

/** A model of one input takes its bare value, others an object. */
function instanceOf({ signature }: ServedModelInfo, example: Json | null): unknown {
  if (example === null) return undefined
  const names = Object.keys(signature.input)
  return names.length === 1 ? example[names[0]!] : example
}

function inferExample({ signature, example }: ServedModelInfo): unknown {
  if (example === null) return undefined
  const inputs = inputSpecs(signature).flatMap((spec) => {
    const value = example[spec.name] ?? null
    return value === null ? [] : [inferInput(spec, elementsOf(value, signature.input[spec.name]!))]
  })
  return { inputs }
}

/** As tensors have it: times in milliseconds, and what only a Standard Schema knows as a text of JSON. */
function elementsOf(value: unknown, field: Field): unknown {
  if (field.kind === 'timestamp' && typeof value === 'string') return Date.parse(value)
  return field.kind === 'schema' && typeof value !== 'string' ? valueText(value, 'null') : value
}

function inferInput({ name, dtype, shape }: TensorSpec, value: unknown): Json {
  const inner = sizesOf(value)
  const closed = [1, ...(inner.length === shape.length - 1 ? inner : shape.slice(1).map((size) => size ?? 1))]
  return { name, datatype: datatypeOf(dtype), shape: closed, data: [value].flat(Infinity) }
}

function sizesOf(value: unknown): readonly number[] {
  return Array.isArray(value) ? [value.length, ...sizesOf(value[0])] : []
}
