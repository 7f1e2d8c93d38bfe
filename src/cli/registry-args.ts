import { localActor } from '../control/open-local-registry.js'
import { usageError } from './exit.js'

/** Flags of every command that works on a registry. */
export const registryArgs = {
  state: { type: 'string', description: 'State folder', valueHint: 'dir', default: '.slipway' },
  json: { type: 'boolean', description: 'Print JSON, one document', default: false },
} as const

/** Flags of every command that moves something: who and why, for the journal. */
export const journalArgs = {
  actor: { type: 'string', description: 'Who does it, for the journal; the user of the operating system when left out' },
  reason: { type: 'string', description: 'Why, for the journal' },
} as const

/** Who and why, as the registry wants it. */
export function journalNote(args: { readonly actor?: string | undefined; readonly reason?: string | undefined }): {
  readonly actor: string
  readonly reason: string | null
} {
  return { actor: args.actor ?? localActor(), reason: args.reason ?? null }
}

/** `fraud@3` -> its two halves; USAGE when there is no `@`. */
export function splitReference(reference: string, what: string): { readonly name: string; readonly selector: string } {
  const at = reference.indexOf('@')
  if (at > 0 && at < reference.length - 1) return { name: reference.slice(0, at), selector: reference.slice(at + 1) }
  throw usageError(`expected ${what}, received ${reference}`)
}

/** Prints one JSON document, or lines for a person. */
export function print(json: boolean, document: unknown, lines: readonly string[]): void {
  process.stdout.write(
    json
      ? `${JSON.stringify(document, (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value), 2)}\n`
      : `${lines.join('\n')}\n`,
  )
}

/** Columns padded to their widest cell. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
