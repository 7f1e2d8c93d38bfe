import type { BatchEntry } from '../../../core/config.js'
import { SlipwayError } from '../../../core/errors.js'
import type { BatchRequest } from '../batch-request.js'
import { fillPlaceholders, hasPlaceholders } from './placeholders.js'
import { defaultTimeZone, isoTime } from './schedule-spec.js'

const templated = ['from', 'query', 'to', 'table'] as const

/**
 * What a batch of the configuration asks for at a logical time (epoch milliseconds), or without one: then a placeholder in it is USAGE, since there is
 * nothing to fill in.
 */
export function logicalRequest(name: string, entry: BatchEntry, logicalTime: number | null): BatchRequest {
  const { schedule, ...request } = entry
  const timeZone = schedule?.timeZone ?? defaultTimeZone
  const filled = templated.flatMap((member) => {
    const text = entry[member]
    return text === undefined ? [] : [[member, fill(text, logicalTime, timeZone)] as const]
  })
  return { name, ...request, ...Object.fromEntries(filled), ...(logicalTime === null ? {} : { logicalTime: isoTime(logicalTime) }) }
}

function fill(text: string, logicalTime: number | null, timeZone: string): string {
  if (logicalTime !== null) return fillPlaceholders(text, logicalTime, timeZone)
  if (!hasPlaceholders(text)) return text
  throw new SlipwayError('USAGE', `\`${text}\` has a placeholder of the logical time: say which it is with --logical-time`)
}
