import type { Server } from '@grpc/grpc-js'

/** Takes no new call, waits for those under way, and cuts them after `graceMs`. */
export function shutDown(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.forceShutdown(), graceMs)
    server.tryShutdown(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}
