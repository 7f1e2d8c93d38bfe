import { SlipwayError } from '../../../core/errors.js'
import type { ModelRef } from '../../../serving/model-ref.js'
import { modelRef } from '../../../serving/model-ref.js'
import type { PathParams } from '../exchange.js'

export type Verb = 'predict' | 'classify' | 'regress' | 'explain'

const verbs: readonly string[] = ['predict', 'classify', 'regress', 'explain'] satisfies Verb[]

/** What `half:predict`, the last segment of a call, asks for; the verb in any case (tensorflow_serving/model_servers/http_rest_api_util.cc). */
export interface Target {
  /** What stands before the colon: a model, or the version or label of the one named earlier in the path. */
  readonly subject: string
  readonly verb: Verb | null
}

/** Splits at the last colon. */
export function targetOf(segment: string): Target {
  const colon = segment.lastIndexOf(':')
  if (colon < 0) return { subject: segment, verb: null }
  const verb = segment.slice(colon + 1).toLowerCase()
  return { subject: segment.slice(0, colon), verb: verbs.includes(verb) ? (verb as Verb) : null }
}

/** The model that a path with `:model`, `:target`, `:version` or `:label` is about. */
export function referenceOf(params: PathParams): ModelRef {
  const target = params['target'] === undefined ? null : targetOf(params['target']).subject
  const model = params['model']
  if (model === undefined) return modelRef(target ?? '')
  return modelRef(model, params['version'] ?? params['label'] ?? target)
}

/** The verb of a call; INVALID_REQUEST in TF Serving's words where there is none. */
export function verbOf(params: PathParams, request: { method: string; path: string }): Verb {
  const { verb } = targetOf(params['target'] ?? '')
  if (verb === null) throw new SlipwayError('INVALID_REQUEST', `Malformed request: ${request.method} ${request.path}`)
  return verb
}
