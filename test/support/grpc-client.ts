import { create } from '@bufbuild/protobuf'
import type { DescMessage, DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import * as grpc from '@grpc/grpc-js'
import { serviceDefinition } from '../../src/targets/grpc/service.js'

/** A call that ended, with all that came. */
export interface Ended<T> {
  readonly message: T | null
  readonly code: number
  readonly details: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly trailers: Readonly<Record<string, unknown>>
}

interface GrpcCallOptions {
  readonly metadata?: Readonly<Record<string, string>>
  readonly deadlineMs?: number
  readonly signal?: AbortSignal
}

type Unary<M> = M extends { methodKind: 'unary'; input: infer I extends DescMessage; output: infer O extends DescMessage }
  ? (request: MessageInitShape<I>, options?: GrpcCallOptions) => Promise<Ended<MessageShape<O>>>
  : never

/** A client of the real grpc-js: each unary method by its name, and `raw` for streams. */
export type GrpcTestClient<S extends DescService> = { readonly [K in keyof S['method']]: Unary<S['method'][K]> } & {
  readonly raw: grpc.Client & Readonly<Record<string, (...args: never[]) => unknown>>
  close(): void
}

/** Connects to a port of this machine. */
export function connectGrpc<S extends DescService>(service: S, port: number): GrpcTestClient<S> {
  const Client = grpc.makeGenericClientConstructor(
    serviceDefinition(service, () => undefined),
    service.typeName,
  )
  const raw = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
  })
  const methods = service.methods
    .filter((method) => method.methodKind === 'unary')
    .map((method) => [method.localName, (request: object, options?: GrpcCallOptions) => call(raw, method, request, options)])
  return { ...Object.fromEntries(methods), raw, close: () => raw.close() } as GrpcTestClient<S>
}

/** Metadata with these entries. */
function metadataOf(entries: Readonly<Record<string, string>> = {}): grpc.Metadata {
  const metadata = new grpc.Metadata()
  for (const [name, value] of Object.entries(entries)) metadata.set(name, value)
  return metadata
}

function call(client: grpc.Client, method: DescMethod, request: object, options: GrpcCallOptions = {}): Promise<Ended<unknown>> {
  const start = (client as unknown as Record<string, grpc.requestCallback<unknown>>)[method.localName] as unknown as (
    message: unknown,
    metadata: grpc.Metadata,
    callOptions: grpc.CallOptions,
    callback: (error: grpc.ServiceError | null, message?: unknown) => void,
  ) => grpc.ClientUnaryCall
  return new Promise((resolve) => {
    let headers: Record<string, unknown> = {}
    let message: unknown = null
    const deadline = options.deadlineMs === undefined ? {} : { deadline: Date.now() + options.deadlineMs }
    const started = start.call(
      client,
      create(method.input, request as MessageInitShape<DescMessage>),
      metadataOf(options.metadata),
      deadline,
      (_, value) => {
        message = value ?? null
      },
    )
    options.signal?.addEventListener('abort', () => started.cancel())
    started.on('metadata', (metadata: grpc.Metadata) => (headers = metadata.getMap()))
    started.on('status', ({ code, details, metadata }) => {
      // The callback runs after this event.
      setImmediate(() => resolve({ message, code, details, headers, trailers: metadata.getMap() }))
    })
  })
}
