import type { TensorSpec } from '../core/tensor.js'

/** How the rows of a frame become runs of a graph. */
export type BatchRule =
  /** The first dimension of every tensor is the number of rows. */
  | { readonly kind: 'free' }
  /** Every run takes exactly so many rows: shorter chunks are padded. `named`: the inputs leave the number free, and an output fixes it. */
  | { readonly kind: 'fixed'; readonly rows: number; readonly named: boolean }
  /** The graph has no batch dimension: a run is one row, and its tensors are the row's. */
  | { readonly kind: 'none' }

/**
 * Reads the batch rule off a graph's inputs and outputs. ONNX does not mark the batch dimension, so this goes by custom: it comes first,
 * it is free or 1 or the same number everywhere. Where that is in doubt the answer is `none`, which is slower but never wrong.
 */
export function batchRule(inputs: readonly TensorSpec[], outputs: readonly TensorSpec[]): BatchRule {
  if (inputs.length === 0 || inputs.some((spec) => spec.shape.length === 0)) return { kind: 'none' }
  const leading = new Set(inputs.map((spec) => spec.shape[0]!).filter((size) => size !== null))
  const given = new Set(outputs.flatMap((spec) => spec.shape.slice(0, 1)).filter((size) => size !== null))
  if (leading.size > 1) return { kind: 'none' }
  const [rows] = leading
  if (rows === undefined) return freeUnless(given)
  if (rows === 1) return { kind: 'fixed', rows: 1, named: false }
  const vectors = inputs.every((spec) => spec.shape.length === 1)
  const agrees = outputs.every((spec) => spec.shape.length === 0 || spec.shape[0] === rows)
  return agrees && !vectors ? { kind: 'fixed', rows, named: false } : { kind: 'none' }
}

function freeUnless(given: ReadonlySet<number>): BatchRule {
  if (given.size === 0) return { kind: 'free' }
  return given.size === 1 && given.has(1) ? { kind: 'fixed', rows: 1, named: true } : { kind: 'none' }
}

/** Shape of one row of a graph's input under a rule. */
export function inputRowShape(spec: TensorSpec, rule: BatchRule): readonly (number | null)[] {
  return rule.kind === 'none' ? spec.shape : spec.shape.slice(1)
}

/** Shape of one row of a graph's output under a rule; null when the graph does not say. */
export function outputRowShape(spec: TensorSpec, rule: BatchRule): readonly (number | null)[] | null {
  if (rule.kind === 'none') return spec.shape
  if (spec.shape.length === 0) return null
  return hasBatchDimension(spec, rule) ? spec.shape.slice(1) : spec.shape
}

/** Whether the first dimension of an output counts rows. A graph of one row a run may give outputs without it: `[1000]`, `[detections, 7]`. */
export function hasBatchDimension(spec: TensorSpec, rule: BatchRule): boolean {
  if (rule.kind === 'none') return false
  return rule.kind === 'free' || rule.rows > 1 || spec.shape[0] === 1 || (rule.named && spec.shape[0] === null)
}

/** Rows that one run takes; `free` where the graph sets no limit. */
export function rowsPerRun(rule: BatchRule, most: number): number {
  if (rule.kind === 'free') return most
  return rule.kind === 'fixed' ? rule.rows : 1
}
