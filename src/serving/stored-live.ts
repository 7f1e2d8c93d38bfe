import { SlipwayError, toSlipwayError } from '../core/errors.js'
import type { Field } from '../core/field.js'
import type { StoredPolicy } from '../model/definition.js'
import type { RequestContext, ServedModel } from './data-plane.js'
import { isRefused, sourceOf } from './reply.js'
import type { StoredAnswer, StoredCode } from './stored-answer.js'

export interface LiveRequest {
  readonly keys: readonly string[]
  readonly code: StoredCode
  readonly how: 'predict' | 'fallback'
  readonly policy: StoredPolicy
  readonly context: RequestContext
}

/** Answers keys in the place of the set: by the model, which gathers the features of each key, or by its fallback. Never rejects. */
export async function answerLive(served: ServedModel | null, request: LiveRequest): Promise<readonly StoredAnswer[]> {
  const { keys, code, how, policy, context } = request
  try {
    if (served === null) throw new SlipwayError('NOT_READY', 'the model is not served now, and its policy is to answer live')
    const field = served.info.signature.input[policy.key]
    const fill: Parameters<ServedModel['submit']>[0] = (builder) => {
      // The fallback of a model that knows nothing of the key gets a row of nothing.
      for (const key of keys) builder.appendRow(field === undefined ? {} : { [policy.key]: keyValue(key, field) })
    }
    const reply = how === 'predict' ? await served.submit(fill, context) : await fallBack(served, fill, code)
    return keys.map((_, row) => ({ kind: 'live', reply, row, code }))
  } catch (thrown) {
    const error = toSlipwayError(thrown)
    return keys.map(() => ({ kind: 'refused', error }))
  }
}

function fallBack(served: ServedModel, fill: Parameters<ServedModel['submit']>[0], code: StoredCode): ReturnType<ServedModel['submit']> {
  if (served.fallback === undefined) throw new SlipwayError('UNSUPPORTED', 'the model cannot be asked for its fallback')
  return served.fallback(fill, code)
}

/** Keys are texts; the input may be an integer. */
function keyValue(key: string, { kind }: Field): unknown {
  return kind === 'integer' && /^-?\d{1,19}$/.test(key) ? BigInt(key) : key
}

/** What a live answer counts as. */
export function liveOutcome(answer: StoredAnswer): 'live' | 'fallback' | 'error' {
  if (answer.kind !== 'live' || isRefused(answer.reply, answer.row)) return 'error'
  return sourceOf(answer.reply, answer.row) === 'model' ? 'live' : 'fallback'
}
