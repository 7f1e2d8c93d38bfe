import { SlipwayError } from '../core/errors.js'
import { lookup } from './names.js'
import type { AliasRecord, AliasTarget, ModelHead } from './records.js'
import type { Selector } from './reference.js'

/** The version that a selector means, and the alias it went through. */
export interface Selection {
  readonly target: AliasTarget
  readonly alias: string | null
}

/**
 * The version that `selector` means at `head`. Without one: `champion`, else `latest`, else the highest number.
 * MODEL_UNKNOWN, VERSION_UNKNOWN or ALIAS_UNKNOWN when there is no such thing.
 */
export function selectTarget(head: ModelHead, selector: Selector): Selection {
  checkKnown(head)
  switch (selector.kind) {
    case 'alias':
      return { target: aliasOf(head, selector.alias).target, alias: selector.alias }
    case 'version':
      return { target: versionTarget(head, selector.version), alias: null }
    case 'digest':
      return { target: digestTarget(head, selector.digest), alias: null }
    case 'default':
      return defaultTarget(head)
  }
}

/** Throws MODEL_UNKNOWN for a model without a history. */
export function checkKnown(head: ModelHead): void {
  if (head.seq === 0) throw new SlipwayError('MODEL_UNKNOWN', `there is no model ${head.model} in the registry`)
}

/** Where an alias stands. ALIAS_UNKNOWN when there is none of that name. */
export function aliasOf(head: ModelHead, alias: string): AliasRecord {
  checkKnown(head)
  const record = lookup(head.aliases, alias)
  if (record !== undefined) return record
  const known = Object.keys(head.aliases).sort().join(', ')
  throw new SlipwayError('ALIAS_UNKNOWN', `${head.model} has no alias ${alias}; it has ${known === '' ? 'none' : known}`)
}

/** The numbers of the versions that are there, ascending. */
export function versionNumbers(head: ModelHead): readonly number[] {
  return Object.keys(head.versions)
    .map(Number)
    .sort((a, b) => a - b)
}

function versionTarget(head: ModelHead, version: number): AliasTarget {
  const record = lookup(head.versions, String(version))
  if (record !== undefined) return { version, digest: record.digest }
  const was = version <= head.lastVersion ? 'was removed' : 'does not exist'
  throw new SlipwayError('VERSION_UNKNOWN', `${head.model}@${version} ${was}`)
}

function digestTarget(head: ModelHead, digest: string): AliasTarget {
  const version = versionNumbers(head).findLast((number) => head.versions[number]?.digest === digest)
  if (version === undefined) throw new SlipwayError('VERSION_UNKNOWN', `${head.model} has no version with the digest ${digest}`)
  return { version, digest }
}

function defaultTarget(head: ModelHead): Selection {
  for (const alias of ['champion', 'latest']) {
    const record = lookup(head.aliases, alias)
    if (record !== undefined) return { target: record.target, alias }
  }
  const newest = versionNumbers(head).at(-1)
  if (newest === undefined) throw new SlipwayError('VERSION_UNKNOWN', `every version of ${head.model} was removed`)
  return { target: versionTarget(head, newest), alias: null }
}
