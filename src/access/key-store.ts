import { timingSafeEqual } from 'node:crypto'
import { statSync } from 'node:fs'
import { systemClock } from '../core/clock.js'
import { SlipwayError } from '../core/errors.js'
import type { Clock, Logger } from '../core/ports.js'
import { generateApiKey, hashSecret, parseApiKey } from './api-key.js'
import { withFileLock } from './file-lock.js'
import { readKeyFile, writeKeyFile } from './key-file.js'
import type { KeyRecord } from './key-file.js'
import { isScope, scopes } from './scope.js'
import type { Grant, Scope } from './scope.js'

/** What is shown of a key: everything but its hash. */
type KeyInfo = Omit<KeyRecord, 'hash'>

/** What a new key may do. */
interface NewKey {
  readonly name: string
  readonly scopes: readonly Scope[]
  /** Globs of model names; `['*']` when left out. */
  readonly models?: readonly string[]
  /** The key stops working then; never when left out. */
  readonly expiresAt?: Date
}

/** The API keys of one server. */
export interface KeyStore {
  /** Makes a key. Its token is in this answer and nowhere else. */
  create(key: NewKey): Promise<{ readonly token: string; readonly key: KeyInfo }>
  /** Every key ever made, revoked and expired ones too, oldest first. */
  list(): readonly KeyInfo[]
  /** Stops a key; other processes see it within a second. Throws USAGE for an id that no key has. */
  revoke(id: string): Promise<void>
  /** The key that a token proves; null when it is unknown, wrong, expired or revoked. Takes the same time for each of these. */
  verify(token: string): KeyInfo | null
  /** True when some working key grants the scope on every model. */
  grants(scope: Scope): boolean
}

export interface KeyStoreOptions {
  readonly clock?: Clock
  readonly logger?: Logger
}

/** `verify` looks for changes made by other processes this often. */
const refreshMs = 500
const nobody = Buffer.alloc(32)

/** Opens the keys in a JSON file of mode 0600; the file is made with the first key. Throws CONFIG_INVALID when it can not be read. */
export function createKeyStore(path: string, options: KeyStoreOptions = {}): KeyStore {
  const clock = options.clock ?? systemClock
  const cache = createKeyCache(path, clock, options.logger)

  async function change<T>(edit: (keys: KeyRecord[]) => T): Promise<T> {
    return withFileLock(path, async () => {
      const keys = readKeyFile(path)
      const result = edit(keys)
      await writeKeyFile(path, keys)
      cache.set(keys)
      return result
    })
  }

  return {
    async create(request) {
      const { id, token } = generateApiKey()
      const hash = hashSecret(parseApiKey(token)?.secret as string).toString('hex')
      const key: KeyRecord = { id, ...checkedRequest(request, clock.now()), hash, createdAt: isoTime(clock.now()), revokedAt: null }
      await change((keys) => keys.push(key))
      return { token, key: withoutHash(key) }
    },
    list: () => readKeyFile(path).map(withoutHash),
    async revoke(id) {
      await change((keys) => {
        const index = keys.findIndex((key) => key.id === id)
        const key = keys[index]
        if (key === undefined) throw new SlipwayError('USAGE', `no key has the id ${JSON.stringify(id)}; list the keys to see their ids`)
        keys[index] = { ...key, revokedAt: key.revokedAt ?? isoTime(clock.now()) }
      })
    },
    verify(token) {
      const parts = parseApiKey(token)
      if (parts === null) return null
      const key = cache.get().get(parts.id)
      const proven = timingSafeEqual(hashSecret(parts.secret), key === undefined ? nobody : Buffer.from(key.hash, 'hex'))
      return proven && key !== undefined && works(key, clock.now()) ? withoutHash(key) : null
    },
    grants: (scope) => [...cache.get().values()].some((key) => works(key, clock.now()) && grantsEverywhere(key, scope)),
  }
}

interface KeyCache {
  get(): ReadonlyMap<string, KeyRecord>
  set(keys: readonly KeyRecord[]): void
}

/** The keys by id. A file that became unreadable leaves the last keys in force: a slip of an editor must not lock everyone out. */
function createKeyCache(path: string, clock: Clock, logger: Logger | undefined): KeyCache {
  let stamp = fileStamp(path)
  let byId = indexById(readKeyFile(path))
  let checkedAt = clock.monotonic()

  function refresh(): void {
    checkedAt = clock.monotonic()
    const current = fileStamp(path)
    if (current === stamp) return
    stamp = current
    try {
      byId = indexById(readKeyFile(path))
    } catch (error) {
      logger?.error({ err: error }, 'the key file changed and can not be read; the keys known before stay in force')
    }
  }

  return {
    get() {
      if (clock.monotonic() - checkedAt >= refreshMs) refresh()
      return byId
    },
    set(keys) {
      stamp = fileStamp(path)
      byId = indexById(keys)
    },
  }
}

/** Changes with every replacement of the file: a rename brings another inode even within one tick of the clock. */
function fileStamp(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stats === undefined ? 'absent' : `${stats.ino}:${stats.mtimeNs}:${stats.size}`
}

function checkedRequest(request: NewKey, nowMs: number): Grant & Pick<KeyRecord, 'name' | 'expiresAt'> {
  const models = request.models ?? ['*']
  const wrong = request.scopes.find((scope) => !isScope(scope))
  if (wrong !== undefined || request.scopes.length === 0) {
    throw new SlipwayError('USAGE', `expected scopes among ${scopes.join(', ')}, received ${JSON.stringify(request.scopes)}`)
  }
  if (models.length === 0 || models.includes('')) throw new SlipwayError('USAGE', 'expected at least one model name or glob, such as `*`')
  if (request.expiresAt !== undefined && Number.isNaN(request.expiresAt.getTime()))
    throw new SlipwayError('USAGE', 'the expiry is not a date')
  if (request.expiresAt !== undefined && request.expiresAt.getTime() <= nowMs)
    throw new SlipwayError('USAGE', `the expiry, ${request.expiresAt.toISOString()}, is not in the future`)
  return { name: request.name, scopes: [...request.scopes], models: [...models], expiresAt: request.expiresAt?.toISOString() ?? null }
}

function works(key: KeyRecord, nowMs: number): boolean {
  return key.revokedAt === null && (key.expiresAt === null || Date.parse(key.expiresAt) > nowMs)
}

function grantsEverywhere(key: KeyRecord, scope: Scope): boolean {
  return key.models.includes('*') && (key.scopes.includes(scope) || key.scopes.includes('admin'))
}

function indexById(keys: readonly KeyRecord[]): ReadonlyMap<string, KeyRecord> {
  return new Map(keys.map((key) => [key.id, key]))
}

function withoutHash(key: KeyRecord): KeyInfo {
  const { hash: _, ...info } = key
  return info
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString()
}
