import type { MessageInitShape } from '@bufbuild/protobuf'
import type { ServerDuplexStream } from '@grpc/grpc-js'
import type { ModelInferRequestSchema, ModelStreamInferResponseSchema } from './proto/open_inference_pb.js'
import { SlipwayError } from '../../core/errors.js'
import type { Received } from './service.js'

type Answer = MessageInitShape<typeof ModelStreamInferResponseSchema>
type InferStream = ServerDuplexStream<Received<typeof ModelInferRequestSchema>, Answer>

export interface StreamOptions {
  /** Answers one request; never rejects. */
  readonly answer: (request: Received<typeof ModelInferRequestSchema>) => Promise<Answer>
  /** Requests under way at once; past it nothing is read. */
  readonly inFlight: number
  /** Aborted when no further request is to be read; those read before are answered. */
  readonly stop: AbortSignal
}

/**
 * Answers the requests of a stream side by side, in the order in which they came. Resolves when the client is done or gone; rejects with
 * NOT_READY when `stop` came first.
 */
export function answerStream(stream: InferStream, { answer, inFlight, stop }: StreamOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    let underWay = 0
    let tail: Promise<void> = Promise.resolve()

    stream.on('data', (request: Received<typeof ModelInferRequestSchema>) => {
      if (++underWay >= inFlight) stream.pause()
      tail = writeAfter(tail, answer(request))
    })

    const writeAfter = async (earlier: Promise<void>, answered: Promise<Answer>): Promise<void> => {
      await earlier
      await write(stream, await answered)
      if (--underWay < inFlight && stream.isPaused() && !stop.aborted) stream.resume()
    }

    const finish = (outcome: () => void): void => {
      stop.removeEventListener('abort', onStop)
      stream.pause()
      tail.then(outcome, reject)
    }
    const onStop = (): void => finish(() => reject(new SlipwayError('NOT_READY', 'the server is draining; repeat what it did not answer')))
    for (const event of ['end', 'cancelled', 'error']) stream.once(event, () => finish(resolve))
    if (stop.aborted) onStop()
    else stop.addEventListener('abort', onStop, { once: true })
  })
}

/** Writes, and waits while the client does not read. */
async function write(stream: InferStream, message: Answer): Promise<void> {
  if (stream.cancelled || stream.destroyed || stream.write(message)) return
  await new Promise<void>((resolve) => {
    const go = (): void => {
      for (const event of ['drain', 'cancelled', 'close']) stream.removeListener(event, go)
      resolve()
    }
    for (const event of ['drain', 'cancelled', 'close']) stream.once(event, go)
  })
}
