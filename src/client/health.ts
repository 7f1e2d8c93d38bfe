import { SlipwayError } from '../core/errors.js'
import type { CallOptions } from './options.js'
import type { Transport } from './transport.js'

/** Statuses by which servers say that they, or a model, are not ready: 400 (Triton), 503 (KServe, slipway), 404 for a model not loaded. */
const notReady: readonly number[] = [400, 404, 500, 502, 503]

/** Asks a health route; a server that can not be reached is not up. */
export async function isUp(transport: Transport, path: string, options: CallOptions | undefined): Promise<boolean> {
  try {
    const { status } = await transport.probe({ method: 'GET', path }, (response) => notReady.includes(response.status), options)
    return status < 300
  } catch (error) {
    if (error instanceof SlipwayError && error.code === 'UNREACHABLE') return false
    throw error
  }
}
