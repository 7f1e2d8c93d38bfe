import type { FastifyInstance } from 'fastify'
import type { FastLane } from './fast-lane/fast-lane.js'
import { SlipwayError } from '../../core/errors.js'

/** Listens, and tells the port. Rejects with ADDRESS_IN_USE. */
export async function listen(
  app: FastifyInstance,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<{ readonly port: number }> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new SlipwayError('ADDRESS_IN_USE', `port ${port} of ${host} is taken`, { cause: error })
  }
  const address = app.server.address()
  return { port: address !== null && typeof address === 'object' ? address.port : port }
}

/** Stops listening and waits for the answers under way; cuts their connections after `graceMs`. */
export async function shutDown(app: FastifyInstance, lane: FastLane, graceMs: number): Promise<void> {
  lane.end()
  const timer = setTimeout(() => {
    lane.cut()
    app.server.closeAllConnections()
  }, graceMs)
  try {
    await app.close()
  } finally {
    clearTimeout(timer)
  }
}
