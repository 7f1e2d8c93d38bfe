import type { TensorData } from '../core/dtype.js'
import type { Datatype } from '../core/oip.js'

/** Parameters of a request, tensor or answer; which ones mean something is the server's matter. */
export type Parameters = Readonly<Record<string, string | number | boolean>>

/** Elements of an input, row-major: a typed array, or a flat array. Bytes are elements of BYTES that are no text; they travel binary. */
export type InputData = TensorData | readonly (number | bigint | boolean | string)[] | readonly Uint8Array[]

/** One input tensor. */
export interface InferInput {
  readonly name: string
  readonly shape: readonly number[]
  /** May be left out for a typed array, which tells its own; Uint16Array is UINT16. */
  readonly datatype?: Datatype
  readonly data: InputData
  /** As raw bytes behind the JSON; what the request says when left out. FP16, BF16 and bytes that are no text are always binary. */
  readonly binary?: boolean
  readonly parameters?: Parameters
}

/** One output asked for. */
export interface RequestedOutput {
  readonly name: string
  readonly binary?: boolean
  /** The best `k` classes as texts `value:index:label`, in the place of the tensor (Triton's classification extension). */
  readonly classification?: number
  readonly parameters?: Parameters
}

/** An inference request of the Open Inference Protocol. */
export interface InferRequest {
  readonly inputs: readonly InferInput[]
  /** Every output when left out. */
  readonly outputs?: readonly (string | RequestedOutput)[]
  /** Tensors as raw bytes, in both directions (Triton's binary data extension); JSON when left out. */
  readonly binary?: boolean
  readonly id?: string
  readonly parameters?: Parameters
  /** What elements of BYTES outputs are given as: `text` (when left out), or `bytes` for those that may be no UTF-8. */
  readonly bytes?: 'text' | 'bytes'
}

/** One output tensor. */
export interface InferOutput {
  readonly name: string
  readonly datatype: Datatype
  readonly shape: readonly number[]
  /** Row-major: BOOL as 0 and 1, INT64 and UINT64 as bigints, FP16 and BF16 as their 16 bits, BYTES as texts, or as bytes where asked for. */
  readonly data: TensorData | Uint8Array[]
  readonly parameters: Parameters
}

/** An answer of the Open Inference Protocol. */
export interface InferResponse {
  readonly modelName: string
  readonly modelVersion: string | null
  readonly id: string | null
  readonly parameters: Parameters
  readonly outputs: readonly InferOutput[]
  /** The output of that name. Throws OUTPUT_UNKNOWN. */
  output(name: string): InferOutput
}
