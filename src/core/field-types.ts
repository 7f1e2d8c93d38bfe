import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Field, Fields, SchemaField } from './field.js'
import type { Column, Frame } from './frame.js'

/** What a definition may name as a field: a builder's result, or any Standard Schema. */
export type FieldLike = Field | StandardSchemaV1
export type FieldsLike = Readonly<Record<string, FieldLike>>

/** The field that a definition's entry stands for. */
export type ToField<F> = F extends Field
  ? F
  : F extends StandardSchemaV1<infer In, infer Out>
    ? SchemaField<In, Out, undefined extends In ? true : false>
    : never
export type ToFields<F extends FieldsLike> = { readonly [K in keyof F]: ToField<F[K]> }

type OptionalKeys<F extends Fields> = { [K in keyof F]: F[K]['optional'] extends true ? K : never }[keyof F]
type InOf<F> = F extends { readonly '~in'?: infer In } ? Exclude<In, undefined> : never
type OutOf<F> = F extends { readonly '~out'?: infer Out } ? Exclude<Out, undefined> : never

/** A row as callers send it. */
export type RowOf<F extends Fields> = { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: InOf<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: InOf<F[K]> | null
}

/** A row as callers get it. */
export type OutputOf<F extends Fields> = {
  readonly [K in keyof F]: F[K]['optional'] extends true ? OutOf<F[K]> | null : OutOf<F[K]>
}

/** The column in which a field's values are stored. */
export type ColumnOf<F> = F extends Field ? Column<F['dtype']> : never

/** A frame with one column a field. */
export type FrameOf<F extends Fields> = Frame<{ readonly [K in keyof F]: ColumnOf<F[K]> }>
