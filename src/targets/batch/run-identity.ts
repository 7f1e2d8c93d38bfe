import { createHash } from 'node:crypto'
import type { InputFile } from '../../core/table.js'

/** Everything that decides what a run writes: two runs of one identity write the same rows. */
export interface RunIdentity {
  readonly model: { readonly name: string; readonly version: string; readonly digest: string; readonly definition: string | null }
  readonly inputs: readonly Pick<InputFile, 'name' | 'format' | 'bytes' | 'digest'>[]
  /** Columns, filter, partition size, destination, logical time. */
  readonly options: Readonly<Record<string, unknown>>
}

/** SHA-256 of the canonical JSON of an identity, hex. */
export function fingerprintOf(identity: RunIdentity): string {
  return createHash('sha256').update(canonical(identity)).digest('hex')
}

/** What differs, one line each: `model digest: sha256:1… then, sha256:2… now`. Empty when nothing does. */
export function differencesOf(then: RunIdentity, now: RunIdentity): readonly string[] {
  const before = flatten(then)
  const after = flatten(now)
  const names = [...new Set([...before.keys(), ...after.keys()])].toSorted()
  return names
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `${name}: ${before.get(name) ?? 'not given'} then, ${after.get(name) ?? 'not given'} now`)
}

function flatten(identity: RunIdentity): Map<string, string> {
  const { model, inputs, options } = identity
  const entries: [string, string][] = [
    ['model', `${model.name}@${model.version}`],
    ['model digest', model.digest],
    ['definition digest', model.definition ?? 'none'],
    ...Object.entries(options).map(([name, value]): [string, string] => [`option ${name}`, canonical(value)]),
    ...inputs.map(({ name, bytes, digest }): [string, string] => [`input ${name}`, `${bytes} bytes, ${digest}`]),
  ]
  return new Map(entries)
}

/** JSON with sorted keys; members that are undefined are left out. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    return Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  })
}
