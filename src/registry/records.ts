import { digest } from './manifest.js'
import { isAliasName, isModelName } from './names.js'
import { count, dictionary, nullable, oneOf, struct, text, textThat, type Reader } from './shape.js'

/** What the journal says of one version. */
export interface VersionRecord {
  /** Digest of the manifest: the digest of the version. */
  readonly digest: string
  /** Equal for versions of one content. */
  readonly identity: string
  readonly at: string
  readonly actor: string
}

/** The version that an alias points at. */
export interface AliasTarget {
  readonly version: number
  readonly digest: string
}

/** Where an alias stands, since when, and where a rollback leads. */
export interface AliasRecord {
  readonly target: AliasTarget
  /** Differs after each move: hand it back as `expect` to move the alias only if nobody else has. */
  readonly etag: string
  /** The journal entry that set it. */
  readonly seq: number
  readonly at: string
  readonly actor: string
  readonly reason: string | null
  /** Where a rollback leads, and the journal entry that had set it. */
  readonly prev: (AliasTarget & { readonly seq: number }) | null
}

/** One line of the history of a model. `null` in `versions` or `aliases` removes. */
export interface JournalEntry {
  readonly schemaVersion: 1
  readonly model: string
  /** 1, 2, 3 … without gaps. */
  readonly seq: number
  /** Hash of the entry before, null for the first. */
  readonly prev: string | null
  readonly at: string
  readonly actor: string
  readonly reason: string | null
  readonly action: 'add' | 'promote' | 'rollback' | 'remove' | 'unalias'
  readonly versions: Readonly<Record<string, VersionRecord | null>>
  readonly aliases: Readonly<Record<string, AliasRecord | null>>
  /** Digest of versions and aliases after this entry. */
  readonly state: string
  /** Digest of this entry without `hash`. */
  readonly hash: string
}

/** Where the journal of a model has led to: its versions by number and its aliases by name. Also the form of a checkpoint. */
export interface ModelHead {
  readonly schemaVersion: 1
  readonly model: string
  /** Of the last entry; 0 before the first. */
  readonly seq: number
  readonly hash: string | null
  /** The highest number ever given; numbers are not given twice. */
  readonly lastVersion: number
  readonly versions: Readonly<Record<string, VersionRecord>>
  readonly aliases: Readonly<Record<string, AliasRecord>>
}

/** An alias as its own file shows it. */
export interface AliasFile extends AliasRecord {
  readonly schemaVersion: 1
  readonly model: string
  readonly alias: string
}

const model = textThat(isModelName, 'a model name')
const aliasName = textThat(isAliasName, 'an alias name')
const versionNumber = textThat((value) => /^[1-9][0-9]{0,14}$/u.test(value), 'a version number')
const version: Reader<VersionRecord> = struct({ digest, identity: digest, at: text, actor: text })
const aliasFields = {
  target: struct({ version: count, digest }),
  etag: text,
  seq: count,
  at: text,
  actor: text,
  reason: nullable(text),
  prev: nullable(struct({ version: count, digest, seq: count })),
}
const alias: Reader<AliasRecord> = struct(aliasFields)

/** Reads a journal entry. */
export const journalEntry: Reader<JournalEntry> = struct({
  schemaVersion: oneOf(1),
  model,
  seq: count,
  prev: nullable(digest),
  at: text,
  actor: text,
  reason: nullable(text),
  action: oneOf('add', 'promote', 'rollback', 'remove', 'unalias'),
  versions: dictionary(nullable(version), versionNumber),
  aliases: dictionary(nullable(alias), aliasName),
  state: digest,
  hash: digest,
})

/** Reads a checkpoint. */
export const modelHead: Reader<ModelHead> = struct({
  schemaVersion: oneOf(1),
  model,
  seq: count,
  hash: nullable(digest),
  lastVersion: count,
  versions: dictionary(version, versionNumber),
  aliases: dictionary(alias, aliasName),
})

/** Reads the file of an alias. */
export const aliasFile: Reader<AliasFile> = struct({ schemaVersion: oneOf(1), model, alias: aliasName, ...aliasFields })
