export { defineModel, isModelDefinition } from './model/define-model.js'
export { defineConfig } from './core/config.js'
export { boolean, category, integer, isStandardSchema, number, tensor, text, timestamp } from './core/fields.js'
export { SlipwayError, errorTable } from './core/errors.js'
export { issueLabel } from './core/issue.js'

export type {
  CrossCheck,
  CrossTest,
  DefinitionOptions,
  Fallback,
  FallbackFunction,
  FallbackModel,
  FeedLike,
  GatherOptions,
  GuardOptions,
  InputsOf,
  MissingPolicy,
  ModelDefinition,
  NamedFallback,
  OutputLike,
  Postprocess,
  Preprocess,
  StalePolicy,
  StoredOptions,
  StoredPolicy,
} from './model/definition.js'
export type {
  BooleanField,
  CategoryField,
  Field,
  FieldOptions,
  Fields,
  IntegerDType,
  IntegerField,
  IntegerOptions,
  NumberField,
  NumberOptions,
  SchemaField,
  Signature,
  TensorField,
  TensorOptions,
  TensorValue,
  TextField,
  TextOptions,
  TimestampField,
  TimestampOptions,
} from './core/field.js'
export type { ColumnOf, FieldLike, FieldsLike, FrameOf, OutputOf, RowOf, ToField, ToFields } from './core/field-types.js'
export type { Column, ColumnType, Columns, Frame } from './core/frame.js'
export type { DType, TensorData } from './core/dtype.js'
export type { Tensor, TensorSpec } from './core/tensor.js'
export type { ErrorCode, ErrorSpec } from './core/errors.js'
export type { GuardAction, RowIssue } from './core/issue.js'
export type { BatchEntry, CatchUpPolicy, OverlapPolicy, ScheduleEntry, SlipwayConfig } from './core/config.js'
export type { FileFormat, TableType } from './core/table.js'
