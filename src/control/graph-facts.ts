import type { TensorSpec } from '../core/tensor.js'

/** What a manifest says of the graph's own inputs and outputs, so that nobody has to read the artifact again. JSON throughout. */
export interface GraphSignature {
  readonly graphInputs: readonly TensorSpec[]
  readonly graphOutputs: readonly TensorSpec[]
  /** Class names of a classifier, in the order of its probabilities. */
  readonly classLabels: readonly string[] | null
  /** False when the rows of one run change each other's answers (a softmax over the batch, say): then every run takes one row. */
  readonly rowsIndependent: boolean
}

/** The `signature` of a manifest: the fields as described, and the graph's tensors. */
export interface StoredSignature extends GraphSignature {
  readonly input: unknown
  readonly output: unknown
}

/** Specs as plain data, without what an engine or a file reader adds to them. */
export function plainSpecs(specs: readonly TensorSpec[]): readonly TensorSpec[] {
  return specs.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] }))
}
