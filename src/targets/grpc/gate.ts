import { SlipwayError } from '../../core/errors.js'
import type { GrpcLimits } from './options.js'
import { ModelInferRequestSchema } from './proto/open_inference_pb.js'
import type { MessageGate } from './service.js'
import { weighInferRequest } from './weigh-request.js'

/** Every request but an inference is a name or two. */
const smallMessageBytes = 65_536

/** Refuses what would take too much memory to decode: TOO_MANY_ELEMENTS, PAYLOAD_TOO_LARGE. */
export function messageGate(limits: GrpcLimits): MessageGate {
  return (schema, bytes) => {
    if (schema.typeName !== ModelInferRequestSchema.typeName) {
      if (bytes.length <= smallMessageBytes) return
      throw new SlipwayError('PAYLOAD_TOO_LARGE', `the message has ${bytes.length} bytes, the limit of this call is ${smallMessageBytes}`)
    }
    const { parts, elements } = weighInferRequest(bytes)
    if (elements > limits.elements) {
      throw new SlipwayError(
        'TOO_MANY_ELEMENTS',
        `the typed contents have ${elements} elements, the limit is ${limits.elements}; send raw_input_contents`,
      )
    }
    if (parts > limits.parts) throw new SlipwayError('TOO_MANY_ELEMENTS', `the request has ${parts} fields, the limit is ${limits.parts}`)
  }
}
