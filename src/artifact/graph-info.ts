import type { DType } from '../core/dtype.js'
import type { TensorSpec } from '../core/tensor.js'

/** A graph input or tensor output as the file declares it. */
export interface ValueSpec extends TensorSpec {
  /** Names of the free dimensions, in the places where `shape` has null: `['N', null]`; null where it is fixed or has no name. */
  readonly symbols: readonly (string | null)[]
  /** False when the file declares no shape at all; `shape` is then empty and says nothing. */
  readonly ranked: boolean
}

/** A dense tensor that the graph returns. */
interface TensorOutput extends ValueSpec {
  readonly kind: 'tensor'
}

/** A list of maps that the graph returns, one a row: scikit-learn's class probabilities. `dtype` is that of the map's values. */
interface MapOutput extends ValueSpec {
  readonly kind: 'map'
  readonly keyDtype: DType
}

export type OutputSpec = TensorOutput | MapOutput

/** An input or output of a type that slipway has no tensors of. */
export interface UnsupportedValue {
  readonly role: 'input' | 'output'
  readonly name: string
  /** ONNX's words: `sequence(float32)`, `optional(int64)`, `bfloat16`. */
  readonly type: string
}

/** Names of the classes of a classifier, in the order of its probabilities. */
export type ClassLabels = readonly string[] | readonly bigint[]

/** A ZipMap node that makes a graph output. */
export interface ZipMapInfo {
  readonly output: string
  readonly labels: ClassLabels
  /** The probability tensor that it turns into maps. */
  readonly source: string
}

/** A tensor whose bytes lie in another file. */
export interface ExternalData {
  readonly tensor: string
  /** As written in the file: untrusted until the gate has seen it. */
  readonly location: string
  readonly offset: number
  readonly length: number
}

/** What an ONNX file says about itself, as plain data. The default operator domain is written `ai.onnx`. */
export interface GraphInfo {
  readonly irVersion: number
  /** Operator domain -> version. */
  readonly opset: Readonly<Record<string, number>>
  /** Name and version of the tool that wrote the file, or ''. */
  readonly producer: string
  /** Initializers are not inputs, even when the file lists them as such. */
  readonly inputs: readonly ValueSpec[]
  readonly outputs: readonly OutputSpec[]
  /** `domain:OpType` -> how often it is written down; subgraphs and functions included. */
  readonly operators: Readonly<Record<string, number>>
  /** Nodes after every model-local function is inlined. */
  readonly nodes: number
  /** True when a run can iterate: Loop, Scan, or an operator that is one inside. */
  readonly hasLoop: boolean
  /** Domains of operators that neither a standard domain nor a function of the file defines; sorted. */
  readonly customDomains: readonly string[]
  readonly externalData: readonly ExternalData[]
  /** Elements of all initializers. */
  readonly parameters: number
  /** Bytes of the file, without external data. */
  readonly sizeBytes: number
  readonly metadata: Readonly<Record<string, string>>
  /** The first of `zipMaps`, where most models have at most one. */
  readonly zipMap: ZipMapInfo | null
  readonly zipMaps: readonly ZipMapInfo[]
  /** From the ZipMap, or from the classifier node behind the outputs; null when the file names none or several. */
  readonly classLabels: ClassLabels | null
  /** Inputs and outputs that no tensor can carry, ZipMap outputs left out. */
  readonly unsupported: readonly UnsupportedValue[]
}
