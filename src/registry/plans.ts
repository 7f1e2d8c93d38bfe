import { SlipwayError } from '../core/errors.js'
import type { RecordStore } from '../core/registry-store.js'
import { movedAlias, standing } from './head.js'
import { readEntry } from './journal.js'
import type { Plan } from './ledger.js'
import { lookup } from './names.js'
import type { AliasRecord, AliasTarget, ModelHead, VersionRecord } from './records.js'
import { aliasOf, selectTarget } from './resolve.js'
import type { Selector } from './reference.js'

/** The etag that an alias must still have: a text, null when it must not exist, undefined when it does not matter. */
export type Expected = string | null | undefined

/** The next version. It moves `latest`; the first version of a model also becomes its `champion`. */
export function planAdd(version: Pick<VersionRecord, 'digest' | 'identity'>): Plan {
  return (head, note) => {
    const target: AliasTarget = { version: head.lastVersion + 1, digest: version.digest }
    const first = Object.keys(head.versions).length === 0
    const aliases = first ? ['champion', 'latest'] : ['latest']
    return {
      action: 'add',
      versions: { [target.version]: { ...version, at: note.at, actor: note.actor } },
      aliases: Object.fromEntries(aliases.map((alias) => [alias, movedAlias(head, target, standing(head, alias), note)])),
    }
  }
}

/** Points an alias at a version; nothing happens when it already does. */
export function planPromote(selector: Selector, alias: string, expect: Expected): Plan {
  return (head, note) => {
    const target = selectTarget(head, selector).target
    checkExpected(head, alias, expect)
    if (lookup(head.aliases, alias)?.target.version === target.version) return undefined
    return { action: 'promote', aliases: { [alias]: movedAlias(head, target, standing(head, alias), note) } }
  }
}

/**
 * Points an alias at where it stood before, as one step of undo: a second rollback goes one step further back, and a promotion after
 * a rollback starts from where that led. Versions removed since are stepped over.
 */
export function planRollback(records: RecordStore, alias: string, expect: Expected): Plan {
  return async (head, note) => {
    const now = aliasOf(head, alias)
    checkExpected(head, alias, expect)
    for (let step = now.prev; step !== null; step = await stepBefore(records, head, alias, step.seq)) {
      const { version, digest, seq } = step
      if (version === now.target.version || lookup(head.versions, String(version)) === undefined) continue
      const prev = await stepBefore(records, head, alias, seq)
      return { action: 'rollback', aliases: { [alias]: movedAlias(head, { version, digest }, prev, note) } }
    }
    throw new SlipwayError('VERSION_UNKNOWN', `${head.model}@${alias} has no earlier version to roll back to`)
  }
}

/** Removes an alias. */
export function planUnalias(alias: string, expect: Expected): Plan {
  return (head) => {
    aliasOf(head, alias)
    checkExpected(head, alias, expect)
    return { action: 'unalias', aliases: { [alias]: null } }
  }
}

/** Removes a version that no alias points at. */
export function planRemove(selector: Selector): Plan {
  return (head) => {
    const { version } = selectTarget(head, selector).target
    const users = Object.entries(head.aliases).filter(([, record]) => record.target.version === version)
    if (users.length > 0) {
      const names = users.map(([alias]) => alias).join(', ')
      throw new SlipwayError(
        'VERSION_IN_USE',
        `${head.model}@${version} cannot be removed: ${names} points at it; move or remove the alias first`,
      )
    }
    return { action: 'remove', versions: { [version]: null } }
  }
}

function checkExpected(head: ModelHead, alias: string, expect: Expected): void {
  const etag = lookup(head.aliases, alias)?.etag ?? null
  if (expect === undefined || expect === etag) return
  throw new SlipwayError(
    'ALIAS_CONFLICT',
    `${head.model}@${alias} was moved meanwhile: its etag is ${etag ?? 'none'}, expected ${expect ?? 'none'}`,
  )
}

async function stepBefore(records: RecordStore, head: ModelHead, alias: string, seq: number): Promise<AliasRecord['prev']> {
  const entry = await readEntry(records, head.model, seq)
  if (entry === undefined) throw new SlipwayError('JOURNAL_BROKEN', `entry ${seq} of the journal of ${head.model} is missing`)
  return lookup(entry.aliases, alias)?.prev ?? null
}
