import { SlipwayError } from '../core/errors.js'
import { isLoopbackHost } from './loopback.js'

export interface BindingOptions {
  /** Address of the data port. */
  readonly host: string
  /** Address of the admin port; null when there is none. */
  readonly adminHost: string | null
  readonly requireKey: boolean
  /** A working key with the scope `admin` for every model exists; `keys.grants('admin')`. */
  readonly hasAdminKey: boolean
}

/**
 * Refuses (CONFIG_INVALID) an admin port that other machines reach while no admin key exists: that is how model servers get taken over.
 * Returns warnings about what is allowed but worth a line in the log.
 */
export function assertSafeBinding(options: BindingOptions): readonly string[] {
  if (options.adminHost !== null && !isLoopbackHost(options.adminHost) && !options.hasAdminKey) {
    throw new SlipwayError(
      'CONFIG_INVALID',
      `the admin API would listen on ${options.adminHost}, which other machines reach, and there is no admin key; ` +
        'create a key with the scope `admin` first, or keep the admin API on 127.0.0.1',
    )
  }
  if (isLoopbackHost(options.host) || options.requireKey) return []
  return [`the data port listens on ${options.host} and answers predictions without a key; add --require-key to close it`]
}
