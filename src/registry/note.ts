import { SlipwayError } from '../core/errors.js'
import type { Note } from './head.js'
import type { Expected } from './plans.js'

/** Who makes a change, and why: it stands in the journal for ever. */
export interface By {
  readonly actor: string
  readonly reason?: string | null
}

/** A move of an alias. */
export interface Move extends By {
  /** The etag that the alias must still have; null: there must be no such alias; left out: it does not matter. */
  readonly expect?: Expected
}

/** A note for the journal. INVALID_REQUEST for an actor or reason that is empty or too long. */
export function madeBy(by: By, nowMs: number): Note {
  const { actor, reason = null } = by
  if (actor.trim() === '' || actor.length > 200)
    throw new SlipwayError('INVALID_REQUEST', 'the journal wants an actor: 1 to 200 characters')
  if (reason !== null && reason.length > 2000) throw new SlipwayError('INVALID_REQUEST', 'a reason has 2000 characters at most')
  return { actor, reason, at: new Date(nowMs).toISOString() }
}
