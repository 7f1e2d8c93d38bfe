import type { Fields } from '../../core/field.js'
import type { RowOf } from '../../core/field-types.js'
import type { ModelIdentity } from '../../core/prediction.js'
import { type Answer, answerOf } from '../../model/answer.js'
import type { ModelDefinition } from '../../model/definition.js'
import type { ServedModel } from '../../serving/data-plane.js'

/** The fields of a definition, for typing what is opened: `open<typeof fraud>('fraud')`. */
export type InputOf<D> = D extends ModelDefinition<infer I, infer _> ? I : Fields
export type OutputFieldsOf<D> = D extends ModelDefinition<infer _, infer O> ? O : Fields

export interface PredictCallOptions {
  /** Time that the answer may take, in milliseconds; the model's own deadline holds as well. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** A model inside this process: the six steps of every other target, without a network in between. */
export interface EmbeddedModel<I extends Fields = Fields, O extends Fields = Fields> {
  /** The version that answers now; another one after its alias has moved. */
  readonly identity: ModelIdentity
  /** Answers one row. A bad row is an answer with `error`, not a rejection; calls of one turn of the event loop run as one frame. */
  predict(row: RowOf<I>, options?: PredictCallOptions): Promise<Answer<O>>
  /** Answers rows, in order, as one frame. */
  predictMany(rows: readonly RowOf<I>[], options?: PredictCallOptions): Promise<readonly Answer<O>[]>
  /** Answers what was asked, then frees the model. */
  close(): Promise<void>
}

export interface EmbeddedParts {
  /** The version to ask now; throws when there is none. */
  current(): ServedModel
  close(): Promise<void>
  /** Names calls in logs. */
  ids(): string
}

/** Puts the data plane behind two functions. */
export function createEmbeddedModel<I extends Fields, O extends Fields>(parts: EmbeddedParts): EmbeddedModel<I, O> {
  const ask = async (rows: readonly unknown[], options: PredictCallOptions = {}): Promise<readonly Answer<O>[]> => {
    const model = parts.current()
    const output = model.info.signature.output as O
    const context = { route: 'embedded', requestId: parts.ids(), ...options }
    const { prediction, start, count } = await model.submit((builder) => rows.forEach((row) => builder.appendRow(row)), context)
    return Array.from({ length: count }, (_, i) => answerOf(prediction, start + i, output))
  }
  return {
    get identity(): ModelIdentity {
      const { name, version, digest } = parts.current().info
      return { name, version, digest }
    },
    predict: async (row, options) => (await ask([row], options))[0]!,
    predictMany: async (rows, options) => (rows.length === 0 ? [] : ask(rows, options)),
    close: () => parts.close(),
  }
}
