import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { SlipwayError } from '../core/errors.js'
import { isScope } from './scope.js'
import type { Grant } from './scope.js'

/** One key as it is stored: no secret, only its hash. */
export interface KeyRecord extends Grant {
  readonly id: string
  /** For people: whom or what the key is for. */
  readonly name: string
  /** SHA-256 of the secret, hexadecimal. */
  readonly hash: string
  /** ISO 8601, UTC. */
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly revokedAt: string | null
}

/** The keys of the file; none when there is no file. Throws CONFIG_INVALID for a file of another shape. */
export function readKeyFile(path: string): KeyRecord[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  return parseKeys(text)
}

/** Replaces the file: written beside it with mode 0600, flushed, then renamed, so that a reader sees the old keys or the new ones. */
export async function writeKeyFile(path: string, keys: readonly KeyRecord[]): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await open(temporary, 'wx', 0o600)
    try {
      await file.writeFile(`${JSON.stringify({ schema: 1, keys }, null, 2)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    renameSync(temporary, path)
  } finally {
    rmSync(temporary, { force: true })
  }
}

function parseKeys(text: string): KeyRecord[] {
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch (error) {
    throw new SlipwayError('CONFIG_INVALID', 'the key file is not valid JSON; restore it, or delete it and create new keys', {
      cause: error,
    })
  }
  const { schema, keys } = (content ?? {}) as { schema?: unknown; keys?: unknown }
  if (schema !== 1 || !Array.isArray(keys)) {
    throw new SlipwayError('CONFIG_INVALID', `expected schema 1 in the key file, found ${JSON.stringify(schema) ?? 'none'}`)
  }
  return keys.map(parseKey)
}

function parseKey(value: unknown, index: number): KeyRecord {
  const key = (value ?? {}) as Partial<Record<keyof KeyRecord, unknown>>
  const texts = [key.id, key.name, key.hash, key.createdAt].every((text) => typeof text === 'string')
  const times = [key.expiresAt, key.revokedAt].every(
    (time) => time === null || (typeof time === 'string' && !Number.isNaN(Date.parse(time))),
  )
  const grants = Array.isArray(key.scopes) && key.scopes.every(isScope) && Array.isArray(key.models)
  if (!texts || !times || !grants || !/^[0-9a-f]{64}$/.test(key.hash as string)) {
    throw new SlipwayError('CONFIG_INVALID', `key ${index} of the key file is malformed`)
  }
  return key as KeyRecord
}
