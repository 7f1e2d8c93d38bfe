import type { MessageInitShape } from '@bufbuild/protobuf'
import { toSlipwayError } from '../../core/errors.js'
import type { Logger } from '../../core/ports.js'
import type { DataPlane } from '../../serving/data-plane.js'
import { submitTensors } from '../../serving/submit-tensors.js'
import { logFailure } from '../../serving/log-failure.js'
import { modelRef } from '../../serving/model-ref.js'
import { requireAnswers } from '../../serving/reply.js'
import { findModel } from '../../serving/triton.js'
import type { GrpcCall } from './grpc-call.js'
import { inferResponse, requestedOutputs } from './infer-response.js'
import type { GrpcLimits } from './options.js'
import type {
  GRPCInferenceService,
  ModelInferRequest,
  ModelInferResponseSchema,
  ModelStreamInferResponseSchema,
} from './proto/open_inference_pb.js'
import { readInputs } from './read-inputs.js'
import { accepted } from './runtime.js'
import type { HandlersOf, RefusedMessage } from './service.js'
import { statusDetails } from './status.js'
import { answerStream } from './stream-infer.js'

type InferHandlers = Pick<HandlersOf<typeof GRPCInferenceService>, 'modelInfer' | 'modelStreamInfer'>
type Infer = (request: ModelInferRequest, call: GrpcCall) => Promise<MessageInitShape<typeof ModelInferResponseSchema>>

export interface InferParts {
  readonly plane: DataPlane
  readonly limits: GrpcLimits
  readonly logger: Logger
  /** Aborted when the server drains: streams take no further request. */
  readonly draining: AbortSignal
}

/** Inference, one request a call or many on a stream. */
export function inferHandlers({ plane, limits, logger, draining }: InferParts): InferHandlers {
  const infer = createInfer(plane)
  return {
    modelInfer: infer,
    modelStreamInfer: (stream, call) =>
      answerStream(stream, {
        inFlight: limits.streamInFlight,
        stop: draining,
        answer: (request) => streamAnswer(request, call, { infer, logger }),
      }),
  }
}

function createInfer(plane: DataPlane): Infer {
  return async (request, call) => {
    const ref = modelRef(request.modelName, request.modelVersion || null)
    call.authorize('predict', ref.name)
    const model = findModel(plane, ref)
    const outputs = requestedOutputs(request, model)
    const reply = await submitTensors(model, readInputs(request), call.context(timeoutOf(request)))
    requireAnswers(reply)
    return inferResponse(request.id, outputs, reply, model.info.signature.output)
  }
}

/** Triton's request parameter `timeout`, in microseconds, as milliseconds. */
function timeoutOf({ parameters }: ModelInferRequest): number | null {
  const choice = parameters['timeout']?.parameterChoice
  if (choice?.case !== 'int64Param' && choice?.case !== 'uint64Param') return null
  const microseconds = Number(choice.value)
  return microseconds > 0 ? microseconds / 1000 : null
}

/** An error is the answer of its request; the stream goes on. */
async function streamAnswer(
  received: ModelInferRequest | RefusedMessage,
  call: GrpcCall,
  { infer, logger }: { readonly infer: Infer; readonly logger: Logger },
): Promise<MessageInitShape<typeof ModelStreamInferResponseSchema>> {
  try {
    return { inferResponse: await infer(accepted(received), call) }
  } catch (thrown) {
    const error = toSlipwayError(thrown)
    logFailure(logger, error, { call, route: '/inference.GRPCInferenceService/ModelStreamInfer' })
    const { id = '', modelName = '', modelVersion = '' } = '$typeName' in received ? received : {}
    return { errorMessage: statusDetails(error.message), inferResponse: { id, modelName, modelVersion } }
  }
}
