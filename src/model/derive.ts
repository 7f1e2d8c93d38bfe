import type { DType } from '../core/dtype.js'
import { isFloat } from '../core/dtype.js'
import type { Field, Fields } from '../core/field.js'
import { boolean, category, integer, number, tensor, text } from '../core/fields.js'
import type { TensorSpec } from '../core/tensor.js'
import type { BatchRule } from './batch-rule.js'
import { batchRule, inputRowShape, outputRowShape } from './batch-rule.js'
import { defineModel } from './define-model.js'
import type { ModelDefinition } from './definition.js'

export interface DeriveOptions {
  /** Path of the ONNX file, for the definition's `artifact`. */
  readonly artifact?: string
  /** Names of the classes of a classifier, in the order of its probabilities. */
  readonly classLabels?: readonly string[] | readonly bigint[] | null
}

/**
 * The definition of a model that has none: a field for every input and output of the graph, under the graph's own names and types, with no
 * checks but those of the types. NaN and infinities pass, as the graph may mean something by them.
 */
export function deriveDefinition(
  name: string,
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
  options: DeriveOptions = {},
): ModelDefinition {
  const rule = batchRule(inputs, outputs)
  const labels = options.classLabels?.map(String) ?? null
  const input: Record<string, Field> = Object.create(null)
  for (const spec of inputs) input[spec.name] = fieldOf(spec.dtype, inputRowShape(spec, rule))
  const output: Record<string, Field> = Object.create(null)
  for (const spec of outputs) output[spec.name] = outputField(spec, rule, labels)
  return defineModel<Fields, Fields>({ name, artifact: options.artifact ?? 'model.onnx', input, output })
}

/** One value a row is a scalar field, anything more a tensor. */
function fieldOf(dtype: DType, rowShape: readonly (number | null)[]): Field {
  const scalar = rowShape.length === 0 || (rowShape.length === 1 && rowShape[0] === 1)
  return scalar ? scalarField(dtype) : tensor({ dtype, shape: rowShape, ...(isFloat(dtype) ? { allowNonFinite: true } : {}) })
}

function scalarField(dtype: DType): Field {
  if (isFloat(dtype)) return number({ allowNonFinite: true })
  if (dtype === 'string') return text()
  return dtype === 'bool' ? boolean() : integer({ dtype })
}

/** Like an input; texts that are class labels become a category, probabilities get the labels as names. */
function outputField(spec: TensorSpec, rule: BatchRule, labels: readonly string[] | null): Field {
  const rowShape = outputRowShape(spec, rule) ?? [null]
  const field = fieldOf(spec.dtype, rowShape)
  if (labels === null || new Set(labels).size < labels.length) return field
  if (field.kind === 'text') return category(labels)
  const last = rowShape.at(-1)
  const isScores = field.kind === 'tensor' && isFloat(spec.dtype) && rowShape.length === 1 && last === labels.length
  return isScores ? { ...field, labels } : field
}
