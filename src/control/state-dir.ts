import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SlipwayError } from '../core/errors.js'

/** Where one installation keeps its state; every path is absolute. */
export interface StateDir {
  readonly root: string
  /** Versions, aliases, journal. */
  readonly registry: string
  /** Checked-out versions, verified copies that workers load from. */
  readonly checkouts: string
  /** Staging of models on their way in. */
  readonly staging: string
  readonly keys: string
  readonly adminToken: string
  /** Feature tables of the embedded store. */
  readonly features: string
}

/** The state folder, made (0700) when absent. */
export function openStateDir(path: string): StateDir {
  if (path.trim() === '') throw new SlipwayError('USAGE', '--state wants the name of a folder')
  const root = resolve(path)
  const dir: StateDir = {
    root,
    registry: join(root, 'registry'),
    checkouts: join(root, 'checkouts'),
    staging: join(root, 'staging'),
    keys: join(root, 'keys.json'),
    adminToken: join(root, 'admin-token'),
    features: join(root, 'features.sqlite'),
  }
  for (const folder of [dir.root, dir.checkouts, dir.staging]) makeFolder(folder)
  return dir
}

/** A folder that is there already needs no right to write beside it. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const isFile = cause instanceof Error && 'code' in cause && (cause.code === 'EEXIST' || cause.code === 'ENOTDIR')
    throw fileFailure(cause, isFile ? 'a file stands where the state folder should be' : 'the state folder cannot be made')
  }
}

/** A failure of the file system (disk full, no permission, read-only) as the registry names them; anything else as it is. */
export function fileFailure(cause: unknown, what: string): unknown {
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : null
  if (cause instanceof SlipwayError || code === null || !/^E[A-Z]+$/.test(code)) return cause
  return new SlipwayError('REGISTRY_UNAVAILABLE', `${what}: ${code}`, { cause })
}
