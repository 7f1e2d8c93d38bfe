import { SlipwayError, toSlipwayError } from '../core/errors.js'

/** Prints an error for a person, or as one JSON line, and returns the exit code of its table row. Details of defects go to standard error only. */
export function reportError(thrown: unknown, json: boolean): number {
  const error = toSlipwayError(thrown)
  const body = { error: { code: error.code, message: error.message, help: error.spec.help } }
  if (json) process.stdout.write(`${JSON.stringify(body)}\n`)
  else process.stderr.write(`slipway: ${error.message}\n  ${error.code}: ${error.spec.help}\n`)
  if (error.code === 'INTERNAL' && error.cause !== undefined) process.stderr.write(`${describeCause(error.cause)}\n`)
  return error.spec.exit
}

/** A USAGE error. */
export function usageError(message: string): SlipwayError {
  return new SlipwayError('USAGE', message)
}

function describeCause(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
}
