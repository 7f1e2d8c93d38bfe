import type * as GrpcModule from '@grpc/grpc-js'
import { isIPv6 } from 'node:net'
import { SlipwayError } from '../../core/errors.js'

/** Listens, without TLS; rejects with ADDRESS_IN_USE when the port is taken. */
export function bind(
  server: GrpcModule.Server,
  grpc: typeof GrpcModule,
  address: { readonly host: string; readonly port: number },
): Promise<number> {
  const target = `${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`
  return new Promise((resolve, reject) => {
    server.bindAsync(target, grpc.ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port)
      else reject(bindFailure(error, target))
    })
  })
}

/** grpc-js keeps the system's code in the text only. */
function bindFailure(error: Error, target: string): SlipwayError {
  if (error.message.includes('EADDRINUSE')) return new SlipwayError('ADDRESS_IN_USE', `${target} is in use`, { cause: error })
  return new SlipwayError('CONFIG_INVALID', `can not listen on ${target} for gRPC`, { cause: error })
}
