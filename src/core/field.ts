import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { DType } from './dtype.js'
import type { GuardAction } from './issue.js'

/** What every field of a signature may say. */
export interface FieldOptions {
  /** The row may lack it, or send null. */
  readonly optional?: boolean
  /** What happens to a row whose value fails a check of this field; the definition's `guard.onFail`, else `reject`, when left out. */
  readonly onFail?: GuardAction
  readonly description?: string
  readonly unit?: string
  /** Free labels, for example `pii`: logs and redaction go by them. */
  readonly tags?: readonly string[]
}

export interface NumberOptions extends FieldOptions {
  /** Inclusive bounds. */
  readonly min?: number
  readonly max?: number
  /** NaN, Infinity and -Infinity are values; they are refused when left out. */
  readonly allowNonFinite?: boolean
}

export type IntegerDType = 'int8' | 'int16' | 'int32' | 'int64' | 'uint8' | 'uint16' | 'uint32' | 'uint64'

export interface IntegerOptions<D extends IntegerDType = IntegerDType> extends FieldOptions {
  /** Storage; int64 when left out. */
  readonly dtype?: D
  /** Inclusive bounds. */
  readonly min?: number | bigint
  readonly max?: number | bigint
}

export interface TextOptions extends FieldOptions {
  /** In UTF-16 code units, inclusive. */
  readonly minLength?: number
  readonly maxLength?: number
  readonly pattern?: RegExp
}

export interface TensorOptions<D extends DType = DType> extends FieldOptions {
  readonly dtype: D
  /** Shape of one row; null for a dimension that may differ from request to request. */
  readonly shape: readonly (number | null)[]
  /** Inclusive bounds of every element. */
  readonly min?: number
  readonly max?: number
  /** NaN and infinities are values; they are refused when left out. */
  readonly allowNonFinite?: boolean
  /** Elements of one row sum to this, within 1e-3 (outputs only; for example 1 for probabilities). */
  readonly sum?: number
  /** Names of the elements along the last axis, for example class labels. */
  readonly labels?: readonly string[]
}

/** Bounds are epoch milliseconds or anything that `Date` reads. */
export interface TimestampOptions extends FieldOptions {
  readonly min?: number | string | Date
  readonly max?: number | string | Date
}

/** A field's values as callers give them (`In`) and get them (`Out`); types only, absent at run time. */
interface Values<In, Out, Optional extends boolean> {
  readonly '~in'?: In
  readonly '~out'?: Out
  readonly optional: Optional
  /** Runs after the type check, on the value as it came; its output is stored. Must be synchronous. */
  readonly schema: StandardSchemaV1 | null
}

export interface NumberField<O extends boolean = boolean> extends Values<number, number, O>, Omit<NumberOptions, 'optional'> {
  readonly kind: 'number'
  readonly dtype: 'float64'
}
export interface IntegerField<O extends boolean = boolean, D extends IntegerDType = IntegerDType>
  extends Values<number | bigint, number | bigint, O>, Omit<IntegerOptions<D>, 'optional' | 'dtype'> {
  readonly kind: 'integer'
  readonly dtype: D
}
export interface CategoryField<V extends string = string, O extends boolean = boolean>
  extends Values<V, V, O>, Omit<FieldOptions, 'optional'> {
  readonly kind: 'category'
  readonly dtype: 'string'
  readonly categories: readonly V[]
}
export interface TextField<O extends boolean = boolean> extends Values<string, string, O>, Omit<TextOptions, 'optional'> {
  readonly kind: 'text'
  readonly dtype: 'string'
}
export interface BooleanField<O extends boolean = boolean> extends Values<boolean, boolean, O>, Omit<FieldOptions, 'optional'> {
  readonly kind: 'boolean'
  readonly dtype: 'bool'
}
/** Nested or flat arrays, or a typed array of the field's dtype. */
export type TensorValue = ArrayLike<unknown>
export interface TensorField<D extends DType = DType, O extends boolean = boolean>
  extends Values<TensorValue, TensorValue, O>, Omit<TensorOptions<D>, 'optional'> {
  readonly kind: 'tensor'
}
export interface TimestampField<O extends boolean = boolean>
  extends Values<number | string | Date, number, O>, Omit<TimestampOptions, 'optional'> {
  readonly kind: 'timestamp'
  /** Stored as epoch milliseconds. */
  readonly dtype: 'float64'
}
/** A bare Standard Schema in a definition: its output is kept as it is, in an `object` column. */
export interface SchemaField<In = unknown, Out = unknown, O extends boolean = boolean>
  extends Values<In, Out, O>, Omit<FieldOptions, 'optional'> {
  readonly kind: 'schema'
  readonly dtype: 'object'
  readonly schema: StandardSchemaV1<In, Out>
}

export type Field = NumberField | IntegerField | CategoryField | TextField | BooleanField | TensorField | TimestampField | SchemaField

export type Fields = Readonly<Record<string, Field>>

/** Names, types, shapes, ranges and categories of a model's inputs and outputs. */
export interface Signature<I extends Fields = Fields, O extends Fields = Fields> {
  readonly input: I
  readonly output: O
}
