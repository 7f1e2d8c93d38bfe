import type * as GrpcModule from '@grpc/grpc-js'
import { createRequestIds } from '../../serving/request-id.js'
import { bind } from './bind.js'
import { messageGate } from './gate.js'
import { healthHandlers } from './health.js'
import type { ServerEnds } from './health.js'
import { inferHandlers } from './infer-handlers.js'
import { modelHandlers } from './model-handlers.js'
import { defaultGrpcLimits } from './options.js'
import type { GrpcLimits, GrpcServer, GrpcServerOptions } from './options.js'
import { Health } from './proto/health_pb.js'
import { GRPCInferenceService } from './proto/open_inference_pb.js'
import { repositoryHandlers } from './repository-handlers.js'
import { implementation } from './runtime.js'
import type { Runtime } from './runtime.js'
import { serverHandlers } from './server-handlers.js'
import { serviceDefinition } from './service.js'
import { shutDown } from './shut-down.js'

/** The Open Inference Protocol over gRPC, with Triton's extensions and grpc.health.v1, in front of a data plane. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  const leaving = new AbortController()
  const draining = new AbortController()
  let server: GrpcModule.Server | null = null

  return {
    async listen(address) {
      const grpc = await import('@grpc/grpc-js')
      server = assemble(options, grpc, { leaving: leaving.signal, draining: draining.signal })
      return { port: await bind(server, grpc, address) }
    },
    beginDrain: () => leaving.abort(),
    async drain(graceMs) {
      leaving.abort()
      draining.abort()
      if (server !== null) await shutDown(server, graceMs)
    },
    async close() {
      leaving.abort()
      draining.abort()
      if (server !== null) await shutDown(server, 0)
    },
  }
}

function assemble(options: GrpcServerOptions, grpc: typeof GrpcModule, ends: ServerEnds): GrpcModule.Server {
  const limits = { ...defaultGrpcLimits, ...options.limits }
  const { plane, logger, clock } = options
  const runtime: Runtime = {
    grpc,
    logger,
    clock,
    authorizer: options.authorizer ?? null,
    observer: options.observer ?? null,
    requestIds: createRequestIds(),
  }
  const gate = messageGate(limits)
  const server = new grpc.Server(channelOptions(limits))
  const inference = {
    ...serverHandlers(options, ends.leaving),
    ...modelHandlers(plane),
    ...repositoryHandlers(plane),
    ...inferHandlers({ plane, limits, logger, draining: ends.draining }),
  }
  server.addService(serviceDefinition(GRPCInferenceService, gate), implementation(GRPCInferenceService, inference, runtime))
  server.addService(serviceDefinition(Health, gate), implementation(Health, healthHandlers(plane, ends), runtime))
  return server
}

function channelOptions(limits: GrpcLimits): GrpcModule.ServerOptions {
  return {
    // The default of 4 MiB is less than one batch of images.
    'grpc.max_receive_message_length': limits.bodyBytes,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': limits.concurrentStreams,
    'grpc.max_connection_idle_ms': limits.idleMs,
    'grpc.keepalive_time_ms': limits.keepAliveMs,
    'grpc.keepalive_timeout_ms': limits.keepAliveTimeoutMs,
    // Several processes of one port would share it silently otherwise.
    'grpc.so_reuseport': 0,
  }
}
