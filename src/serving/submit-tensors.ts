import { SlipwayError } from '../core/errors.js'
import type { NamedTensor } from '../core/oip.js'
import { tensorsToInputFrame } from '../core/oip.js'
import type { Reply, RequestContext, ServedModel } from './data-plane.js'

/**
 * Sends the tensors of a request (Open Inference Protocol) through a model, as columns; its definition says what absent and unknown ones
 * mean. Rejects as `submitFrame` and `tensorsToInputFrame` do, and with INPUT_SHAPE when there are no rows.
 */
export async function submitTensors(model: ServedModel, tensors: readonly NamedTensor[], context: RequestContext): Promise<Reply> {
  const { signature, rowPolicy } = model.info
  const input = tensorsToInputFrame(signature.input, tensors, rowPolicy)
  if (input.frame.length === 0) throw new SlipwayError('INPUT_SHAPE', 'the tensors have no rows: their first dimension is 0')
  return model.submitFrame(input, context)
}
