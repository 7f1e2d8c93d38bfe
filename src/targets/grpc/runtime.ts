import type * as GrpcModule from '@grpc/grpc-js'
import type { handleUnaryCall, sendUnaryData, ServerUnaryCall, UntypedHandleCall } from '@grpc/grpc-js'
import type { DescMethod, DescService } from '@bufbuild/protobuf'
import { toSlipwayError } from '../../core/errors.js'
import type { Logger } from '../../core/ports.js'
import { logFailure } from '../../serving/log-failure.js'
import { GrpcCall } from './grpc-call.js'
import type { GrpcCallParts, ServerCall } from './grpc-call.js'
import type { GrpcObserver } from './options.js'
import { RefusedMessage } from './service.js'
import type { HandlersOf } from './service.js'
import { callStatus } from './status.js'
import type { CallStatus } from './status.js'

/** What every call goes through besides its handler: id, status, log. */
export interface Runtime extends GrpcCallParts {
  readonly grpc: typeof GrpcModule
  readonly logger: Logger
  readonly observer: GrpcObserver | null
}

type UnaryHandler = (request: unknown, call: GrpcCall) => unknown
type StreamHandler = (stream: unknown, call: GrpcCall) => Promise<void>
interface EndableStream {
  end(): void
  emit(event: 'error', status: CallStatus): boolean
}

/** The handlers of a service as grpc-js calls them. */
export function implementation<S extends DescService>(
  service: S,
  handlers: HandlersOf<S>,
  runtime: Runtime,
): Record<string, UntypedHandleCall> {
  return Object.fromEntries(
    service.methods.map((method) => {
      const handler = handlers[method.localName as keyof typeof handlers]
      return [method.localName, adapt(method, handler as UnaryHandler & StreamHandler, runtime)]
    }),
  )
}

function adapt(method: DescMethod, handler: UnaryHandler & StreamHandler, runtime: Runtime): UntypedHandleCall {
  const path = `/${method.parent.typeName}/${method.name}`
  return method.methodKind === 'unary' ? unary(path, handler, runtime) : streaming(path, handler, runtime)
}

function unary(path: string, handler: UnaryHandler, runtime: Runtime): handleUnaryCall<unknown, unknown> {
  const answer = async (raw: ServerUnaryCall<unknown, unknown>, respond: sendUnaryData<unknown>): Promise<void> => {
    const record = begin(path, raw, runtime)
    try {
      const message = await handler(accepted(raw.request), record.call)
      record.ok()
      respond(null, message)
    } catch (thrown) {
      respond(record.failed(thrown))
    }
  }
  return (raw, respond) => void answer(raw, respond)
}

function streaming(path: string, handler: StreamHandler, runtime: Runtime): UntypedHandleCall {
  const answer = async (raw: ServerCall & EndableStream): Promise<void> => {
    const record = begin(path, raw, runtime)
    try {
      await handler(raw, record.call)
      record.ok()
      raw.end()
    } catch (thrown) {
      raw.emit('error', record.failed(thrown))
    }
  }
  return (raw: ServerCall & EndableStream) => void answer(raw)
}

interface CallRecord {
  readonly call: GrpcCall
  ok(): void
  failed(thrown: unknown): CallStatus
}

function begin(path: string, raw: ServerCall, runtime: Runtime): CallRecord {
  const { clock, grpc, logger, observer } = runtime
  const startedAt = clock.monotonic()
  const call = new GrpcCall(raw, runtime)
  const headers = new grpc.Metadata()
  headers.set('x-request-id', call.requestId)
  raw.sendMetadata(headers)

  function report(status: number, code: string | null): void {
    observer?.answered({ path, status, code, requestId: call.requestId, durationMs: clock.monotonic() - startedAt })
  }
  return {
    call,
    ok: () => report(0, null),
    failed(thrown) {
      const error = toSlipwayError(thrown)
      report(error.spec.grpc, error.code)
      logFailure(logger, error, { call, route: path })
      return callStatus(error, new grpc.Metadata())
    },
  }
}

/** The message; throws the error of one that was refused. */
export function accepted<T>(received: T | RefusedMessage): T {
  if (received instanceof RefusedMessage) throw received.error
  return received
}
