import type { Logger } from '../core/ports.js'
import { createLogger as createPino, type LoggerOptions } from '../drivers/pino/logger.js'

/** The log of this process, on standard error. */
export function createLogger(level: LoggerOptions['level']): Promise<Logger> {
  return createPino({ level })
}
