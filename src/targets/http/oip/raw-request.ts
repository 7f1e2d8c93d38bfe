import { bytesPerElement } from '../../../core/dtype.js'
import { SlipwayError } from '../../../core/errors.js'
import type { Fields } from '../../../core/field.js'
import { decodeRaw, inputSpecs } from '../../../core/oip.js'
import type { Tensor } from '../../../core/tensor.js'
import { utf8Text } from '../utf8-text.js'
import type { InferRequest } from './infer-request.js'

/**
 * Reads a body that is the bytes of the model's only input, one row of it; at most one dimension is left to the size of the body
 * (T:docs/protocol/extension_binary_data.md, "Raw Binary Request").
 */
export function readRawRequest(body: Uint8Array, fields: Fields): InferRequest {
  const specs = inputSpecs({ input: fields })
  const [spec] = specs
  if (spec === undefined || specs.length > 1)
    throw new SlipwayError('INVALID_BINARY', `a raw request is for a model of one input, this one has ${specs.length}`)
  const inner = spec.shape.slice(1)
  const free = inner.filter((size) => size === null).length
  if (free > 1) throw new SlipwayError('INVALID_BINARY', 'a raw request is for an input with at most one free dimension')
  const tensor =
    spec.dtype === 'string'
      ? rawText(body, inner)
      : decodeRaw(body, spec.dtype, [1, ...closed(inner, body.length / bytesPerElement(spec.dtype))])
  return { id: null, parameters: {}, inputs: [{ name: spec.name, tensor }], outputs: null }
}

function closed(shape: readonly (number | null)[], elements: number): number[] {
  const known = shape.reduce<number>((product, size) => product * (size ?? 1), 1)
  return shape.map((size) => size ?? Math.floor(elements / known))
}

/** A BYTES input is one element, its bytes without a length: Triton puts that in front itself. */
function rawText(body: Uint8Array, shape: readonly (number | null)[]): Tensor {
  if (shape.some((size) => size !== null && size !== 1))
    throw new SlipwayError('INVALID_BINARY', 'a raw request for BYTES wants an input of shape [1]')
  return { dtype: 'string', shape: [1, ...shape.map(() => 1)], data: [utf8Text(body)] }
}
