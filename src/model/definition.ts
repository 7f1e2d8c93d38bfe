import type { Column } from '../core/frame.js'
import type { Fields, TextField } from '../core/field.js'
import type { FieldsLike, FrameOf, OutputOf, RowOf, ToFields } from '../core/field-types.js'
import type { GuardAction } from '../core/issue.js'
import type { Tensor } from '../core/tensor.js'

/** A tensor to feed: given whole, or only its elements; dtype and free dimensions then come from the graph. */
export type FeedLike = Tensor | Tensor['data'] | readonly number[]
/** An output column: whole, or only its elements in row order. */
export type OutputLike = Column | Tensor | Tensor['data'] | readonly (number | bigint | string | boolean)[]

// The functions of a definition are written as methods and taken out again: method parameters are compared both ways, so that
// the definition of one model is also a ModelDefinition of any fields.

/** Frame -> feeds of the graph. Vectorised: one path for a request of one row and a batch of a million; row i depends on row i alone. */
export type Preprocess<I extends Fields> = {
  call(frame: FrameOf<I>): Readonly<Record<string, FeedLike>>
}['call']
/** Tensors of the graph -> output columns, row i from row i alone. */
export type Postprocess<I extends Fields, O extends Fields> = {
  call(tensors: Readonly<Record<string, Tensor>>, frame: FrameOf<I>): { readonly [K in keyof O]: OutputLike }
}['call']

/** A rule over several fields: true when the row is fine, else false or what is wrong. */
export type CrossTest<I extends Fields> = {
  call(row: RowOf<I>): boolean | string
}['call']
/** A rule over several fields; it sees rows whose own fields passed. */
export type CrossCheck<I extends Fields> = CrossTest<I> | { readonly test: CrossTest<I>; readonly onFail: GuardAction }

export interface GuardOptions<I extends Fields = Fields> {
  /** What happens to rows that fail an input check whose field does not say; `reject` when left out. */
  readonly onFail?: GuardAction
  /** A row with a field that the signature lacks: `reject` (when left out) or `ignore` the field. */
  readonly unknownFields?: 'reject' | 'ignore'
  /** Rules over several fields, by name. */
  readonly cross?: Readonly<Record<string, CrossCheck<I>>>
  /** What happens to rows whose output fails its signature: `fallback` when there is one and it is left out, else `reject`. */
  readonly onOutputFail?: GuardAction
  /** Answer by then, by the fallback if the model is not done. */
  readonly deadlineMs?: number
}

/** A rule or simple formula that answers one row in the model's place. Fields that are absent or could not be read are null. */
export type FallbackFunction<I extends Fields, O extends Fields> = {
  call(row: RowOf<I>): OutputOf<O>
}['call']
/** A second, simpler model behind the same signature. */
export interface FallbackModel<I extends Fields, O extends Fields> {
  /** Shown in answers as `fallback:<name>`. */
  readonly name: string
  /** Path of its ONNX file, beside the definition. */
  readonly artifact: string
  readonly preprocess?: Preprocess<I>
  readonly postprocess?: Postprocess<I, O>
}
export interface NamedFallback<I extends Fields, O extends Fields> {
  readonly name: string
  readonly answer: FallbackFunction<I, O>
}
/** A function alone is named `heuristic`. */
export type Fallback<I extends Fields, O extends Fields> = FallbackFunction<I, O> | NamedFallback<I, O> | FallbackModel<I, O>

/** Features looked up when the request lacks them. */
export interface GatherOptions<F extends string = string, K extends string = string> {
  /** Field of the request that holds the key; added to the signature as an optional text when it is not an input. */
  readonly key: K
  /** Inputs that the table has; those that a request gives are not looked up. */
  readonly features: readonly F[]
}

/** How lookups of predictions that were made before are answered: `GET /models/{model}/stored/{key}`. */
interface StoredLimits {
  /** Older ones are stale; never, when left out. */
  readonly maxAgeMs?: number
}
/**
 * Stored predictions of a model. `key` names what a prediction is stored under. A stale one is served (when `onStale` is left out), predicted
 * anew from the features of its key, answered by the fallback, or refused; one that is not there is refused (when `onMissing` is left out),
 * predicted or answered by the fallback. For `predict`, `key` is an input, or a key of `gather`.
 */
export type StoredOptions<K extends string = string> = StoredLimits &
  (
    | { readonly key: K; readonly onStale?: StalePolicy; readonly onMissing?: MissingPolicy }
    | { readonly key: string; readonly onStale?: Exclude<StalePolicy, 'predict'>; readonly onMissing?: Exclude<MissingPolicy, 'predict'> }
  )
export type StalePolicy = 'serve' | 'predict' | 'fallback' | 'reject'
export type MissingPolicy = 'predict' | 'fallback' | 'reject'

/** Stored options in full. */
export interface StoredPolicy {
  readonly key: string
  /** Null: a prediction is never stale. */
  readonly maxAgeMs: number | null
  readonly onStale: StalePolicy
  readonly onMissing: MissingPolicy
}

/** The inputs of a definition: its fields, and the keys of `gather` that are not among them. */
export type InputsOf<I extends FieldsLike, K extends string = never> = [Exclude<K, keyof I>] extends [never]
  ? ToFields<I>
  : ToFields<I> & { readonly [P in Exclude<K, keyof I>]: TextField<true> }

/** What `defineModel` takes: the one definition behind every way to deploy. */
export interface DefinitionOptions<I extends FieldsLike, O extends FieldsLike, K extends string = never> {
  readonly name: string
  readonly description?: string
  /** Path of the ONNX file, beside the definition. */
  readonly artifact: string
  readonly input: I
  readonly output: O
  /** By table of the feature store. */
  readonly gather?: Readonly<Record<string, GatherOptions<keyof I & string, K>>>
  readonly preprocess?: Preprocess<InputsOf<I, K>>
  readonly postprocess?: Postprocess<InputsOf<I, K>, ToFields<O>>
  readonly guard?: GuardOptions<InputsOf<I, K>>
  /** One, or a ladder tried in order. */
  readonly fallback?: Fallback<InputsOf<I, K>, ToFields<O>> | readonly Fallback<InputsOf<I, K>, ToFields<O>>[]
  /** Predictions that are made beforehand and looked up by key. */
  readonly stored?: StoredOptions<(keyof I & string) | NoInfer<K>>
  /** Rows that a reader learns from; they become the golden examples of every version. */
  readonly examples?: readonly RowOf<InputsOf<I, K>>[]
}

/** A checked definition; what a definition module exports by default. */
export interface ModelDefinition<I extends Fields = Fields, O extends Fields = Fields> {
  readonly '~slipway': 'model'
  readonly name: string
  readonly description: string | null
  readonly artifact: string
  readonly input: I
  readonly output: O
  readonly gather: Readonly<Record<string, GatherOptions>>
  readonly preprocess: Preprocess<I> | null
  readonly postprocess: Postprocess<I, O> | null
  readonly guard: GuardOptions<I>
  readonly fallback: readonly (NamedFallback<I, O> | FallbackModel<I, O>)[]
  /** Null, or absent in bundles of older versions, where the definition says nothing of stored predictions. */
  readonly stored?: StoredPolicy | null
  readonly examples: readonly RowOf<I>[]
}
