import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { DType } from './dtype.js'
import type {
  BooleanField,
  CategoryField,
  FieldOptions,
  IntegerDType,
  IntegerField,
  IntegerOptions,
  NumberField,
  NumberOptions,
  TensorField,
  TensorOptions,
  TextField,
  TextOptions,
  TimestampField,
  TimestampOptions,
} from './field.js'

type IsOptional<O> = O extends { readonly optional: true } ? true : false

/** A finite number, stored as float64. Give options, or a Standard Schema whose output is a number. */
export function number<const O extends NumberOptions = NumberOptions>(
  options?: O | StandardSchemaV1<unknown, number>,
): NumberField<IsOptional<O>> {
  return field('number', 'float64', options) as NumberField<IsOptional<O>>
}

/** A whole number, stored as int64 unless `dtype` says otherwise; a bigint where a number would lose digits. */
export function integer<const O extends IntegerOptions = IntegerOptions>(
  options?: O | StandardSchemaV1<unknown, number | bigint>,
): IntegerField<IsOptional<O>, O extends { readonly dtype: infer D extends IntegerDType } ? D : 'int64'> {
  return field('integer', 'int64', options) as never
}

/** One of the texts listed. */
export function category<const V extends string, const O extends FieldOptions = FieldOptions>(
  categories: readonly V[],
  options?: O,
): CategoryField<V, IsOptional<O>> {
  return { ...field('category', 'string', options), categories } as CategoryField<V, IsOptional<O>>
}

/** A text. Give options, or a Standard Schema whose output is a string. */
export function text<const O extends TextOptions = TextOptions>(options?: O | StandardSchemaV1<unknown, string>): TextField<IsOptional<O>> {
  return field('text', 'string', options) as TextField<IsOptional<O>>
}

/** true or false. */
export function boolean<const O extends FieldOptions = FieldOptions>(
  options?: O | StandardSchemaV1<unknown, boolean>,
): BooleanField<IsOptional<O>> {
  return field('boolean', 'bool', options) as BooleanField<IsOptional<O>>
}

/** A tensor of one element type, such as an image: `tensor({ dtype: 'uint8', shape: [28, 28] })`. */
export function tensor<const D extends DType, const O extends TensorOptions<D>>(
  options: O & { readonly dtype: D },
): TensorField<D, IsOptional<O>> {
  return field('tensor', options.dtype, options) as TensorField<D, IsOptional<O>>
}

/** A point in time: an ISO 8601 text, epoch milliseconds or a Date; stored as epoch milliseconds. */
export function timestamp<const O extends TimestampOptions = TimestampOptions>(
  options?: O | StandardSchemaV1<unknown, number | string | Date>,
): TimestampField<IsOptional<O>> {
  return field('timestamp', 'float64', options) as TimestampField<IsOptional<O>>
}

/** True for a Standard Schema (standardschema.dev): an object or function with a `~standard` property. */
export function isStandardSchema(value: unknown): value is StandardSchemaV1 {
  return value !== null && (typeof value === 'object' || typeof value === 'function') && '~standard' in value
}

function field(kind: string, dtype: string, options: object | undefined): object {
  if (isStandardSchema(options)) return { kind, dtype, optional: false, schema: options }
  return { dtype, optional: false, schema: null, ...options, kind }
}
