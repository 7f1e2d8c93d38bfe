import type { Logger } from '../../core/ports.js'

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** `standard error` when left out, so that standard output stays free for answers. */
  readonly destination?: { write(line: string): void }
}

/** Structured JSON lines by pino; header values that carry secrets are redacted even if a caller logs them by mistake. */
export async function createLogger(options: LoggerOptions): Promise<Logger> {
  const { pino } = await import('pino')
  const settings = {
    level: options.level,
    base: { service: 'slipway' },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: ['authorization', 'headers.authorization', '*.authorization', 'token', 'key'],
  }
  const logger = pino(settings, options.destination ?? pino.destination({ fd: 2, sync: true }))
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
  }
}
