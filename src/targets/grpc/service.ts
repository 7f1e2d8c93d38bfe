import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { DescMessage, DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf'
import type { MethodDefinition, ServerDuplexStream, ServerWritableStream, ServiceDefinition } from '@grpc/grpc-js'
import { SlipwayError } from '../../core/errors.js'
import type { GrpcCall } from './grpc-call.js'

/** A message that is not read; handed on in the place of the message, so that the call is answered with the error. */
export class RefusedMessage {
  readonly error: SlipwayError

  constructor(error: SlipwayError) {
    this.error = error
  }
}

/** Looks at a message before it is decoded; throws to refuse it. */
export type MessageGate = (schema: DescMessage, bytes: Uint8Array) => void

/** A request as it comes off the wire. */
export type Received<I extends DescMessage> = MessageShape<I> | RefusedMessage

type Answer<O extends DescMessage> = MessageInitShape<O> | Promise<MessageInitShape<O>>

/** The handler that a method needs. */
type HandlerOf<M> = M extends { methodKind: 'unary'; input: infer I extends DescMessage; output: infer O extends DescMessage }
  ? (request: MessageShape<I>, call: GrpcCall) => Answer<O>
  : M extends { methodKind: 'server_streaming'; input: infer I extends DescMessage; output: infer O extends DescMessage }
    ? (stream: ServerWritableStream<Received<I>, MessageInitShape<O>>, call: GrpcCall) => Promise<void>
    : M extends { methodKind: 'bidi_streaming'; input: infer I extends DescMessage; output: infer O extends DescMessage }
      ? (stream: ServerDuplexStream<Received<I>, MessageInitShape<O>>, call: GrpcCall) => Promise<void>
      : never

/** One handler a method of a service. */
export type HandlersOf<S extends { readonly method: object }> = { readonly [K in keyof S['method']]: HandlerOf<S['method'][K]> }

/** A service as grpc-js wants it described. */
export function serviceDefinition(service: DescService, gate: MessageGate): ServiceDefinition {
  return Object.fromEntries(service.methods.map((method) => [method.localName, methodDefinition(method, gate)]))
}

function methodDefinition(method: DescMethod, gate: MessageGate): MethodDefinition<unknown, unknown> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === 'bidi_streaming' || method.methodKind === 'client_streaming',
    responseStream: method.methodKind === 'bidi_streaming' || method.methodKind === 'server_streaming',
    requestSerialize: (value) => serialize(method.input, value),
    requestDeserialize: (bytes) => deserialize(method.input, bytes, gate),
    responseSerialize: (value) => serialize(method.output, value),
    responseDeserialize: (bytes) => fromBinary(method.output, bytes),
  }
}

function serialize(schema: DescMessage, value: unknown): Buffer {
  const bytes = toBinary(schema, create(schema, value as MessageInitShape<DescMessage>))
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function deserialize(schema: DescMessage, bytes: Buffer, gate: MessageGate): unknown {
  try {
    gate(schema, bytes)
    // Fields of type `bytes` become views into what is decoded: tensors are not copied here.
    return fromBinary(schema, bytes, { readUnknownFields: false })
  } catch (error) {
    return new RefusedMessage(error instanceof SlipwayError ? error : malformed(error))
  }
}

function malformed(error: unknown): SlipwayError {
  return new SlipwayError('INVALID_REQUEST', `the message is not valid protobuf: ${error instanceof Error ? error.message : String(error)}`)
}
