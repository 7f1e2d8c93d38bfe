import { isAbsolute, join } from 'node:path'
import type { BatchEntry } from '../../core/config.js'

/** URLs that name a server: there is no path to resolve. */
const remote = /^[a-z][a-z0-9+.-]*:\/\//i
/** URLs of databases that are a file or folder here. */
const local = /^(sqlite|duckdb|lmdb):(.*)$/s

/** A batch with its relative paths made absolute, from the folder of its configuration. */
export function resolveEntry(entry: BatchEntry, folder: string): BatchEntry {
  const { from, to, store } = entry
  const places = {
    from: resolveLocation(from, folder),
    to: to === 'stored' ? to : resolveLocation(to, folder),
    ...(store === undefined ? {} : { store: resolveLocation(store, folder) }),
  }
  return { ...entry, ...places }
}

/** A path or database URL with its path absolute; `-` and URLs of servers as they are. A slash at the end stays. */
export function resolveLocation(location: string, folder: string): string {
  if (location === '-' || remote.test(location)) return location
  const [, scheme, path] = local.exec(location) ?? []
  if (scheme === undefined || path === undefined) return absolute(location, folder)
  return path === '' || path === ':memory:' ? location : `${scheme}:${absolute(path, folder)}`
}

function absolute(path: string, folder: string): string {
  return isAbsolute(path) ? path : join(folder, path)
}
