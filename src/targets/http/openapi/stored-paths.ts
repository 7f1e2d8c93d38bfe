import type { ServedModelInfo } from '../../../serving/data-plane.js'

type Json = Readonly<Record<string, unknown>>

/** Lookups of stored predictions of one model: path -> method -> operation. */
export function storedPaths(info: ServedModelInfo): Json {
  const path = `/models/${encodeURIComponent(info.name)}/stored`
  const tags = [info.name]
  return {
    [`${path}/{key}`]: {
      get: {
        tags,
        operationId: `stored_${info.name}`,
        summary: 'The prediction that was stored under a key',
        description: 'What happens when it is too old or not there is in the definition of the model.',
        parameters: [{ name: 'key', in: 'path', required: true, schema: { type: 'string' } }],
        responses: { 200: json('The prediction', answerSchema), ...refusals },
      },
    },
    [path]: {
      get: { tags, summary: 'The active set of stored predictions', responses: { 200: json('The set', { type: 'object' }), ...refusals } },
      post: {
        tags,
        summary: 'The predictions that were stored under keys, all of one set',
        requestBody: { required: true, content: { 'application/json': { schema: keysSchema } } },
        responses: { 200: json('One answer a key, in order', answersSchema), ...refusals },
      },
    },
  }
}

const texts = { type: 'array', items: { type: 'string' } } as const

const answerSchema = {
  type: 'object',
  required: ['output', 'source', 'codes'],
  properties: {
    output: { type: ['object', 'null'] },
    source: { type: 'string', description: '`stored`; `model` or `fallback:<name>` when it was predicted now' },
    scoredBy: { type: 'string', description: 'What made the stored prediction: `model`, `fallback:<name>`' },
    codes: texts,
    ageMs: { type: 'integer', description: 'Milliseconds since the prediction was made' },
    set: { type: ['string', 'null'] },
    model: { type: 'object' },
    error: { $ref: '#/components/schemas/RowError' },
  },
} as const

const keysSchema = {
  type: 'object',
  required: ['keys'],
  properties: { keys: { type: 'array', minItems: 1, maxItems: 1000, items: { type: ['string', 'integer'] } } },
} as const

const answersSchema = {
  type: 'object',
  required: ['set', 'answers'],
  properties: {
    set: { type: ['string', 'null'] },
    ageMs: { type: ['integer', 'null'] },
    model: { type: ['object', 'null'] },
    answers: { type: 'array', items: answerSchema },
  },
} as const

const refusals = {
  404: { description: 'No such model, or no prediction under the key' },
  503: { description: 'The store does not answer; see Retry-After' },
} as const

function json(description: string, schema: Json): Json {
  return { description, content: { 'application/json': { schema } } }
}
