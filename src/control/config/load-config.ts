import { existsSync } from 'node:fs'
import { basename, dirname, extname, join, resolve } from 'node:path'
import type { BatchEntry } from '../../core/config.js'
import type { ReadCron } from '../../core/cron.js'
import { SlipwayError } from '../../core/errors.js'
import { resolveEntry, resolveLocation } from './locations.js'

/** Names that are looked for, in this order. */
export const configNames: readonly string[] = ['ts', 'mts', 'js', 'mjs', 'json'].map((ending) => `slipway.config.${ending}`)

/** A configuration that was checked; its paths are absolute. */
export interface LoadedConfig {
  /** Absolute path; null when there is none and none was asked for. */
  readonly file: string | null
  /** Those that write stored sets name their store, if the configuration has one. */
  readonly batch: ReadonlyMap<string, BatchEntry>
  readonly store: string | null
  /** Reads the cron expressions of the schedules. */
  readonly readCron: ReadCron
}

export interface ConfigLocation {
  /** `--config`; the names of `configNames` in `folder` when left out. */
  readonly file?: string | undefined
  /** Where to look, and what a relative `file` is relative to; the working folder when left out. */
  readonly folder?: string
}

/**
 * Finds, loads and checks the configuration. One that is not there is empty, unless it was asked for by name: then FILE_UNKNOWN. Whatever is wrong
 * with it is CONFIG_INVALID, with the file, the key path, what was expected and what came.
 */
export async function loadConfig(location: ConfigLocation = {}): Promise<LoadedConfig> {
  const file = findConfig(location)
  if (file === null) return { file, batch: new Map(), store: null, readCron: noCron }
  // Reading one takes a compiler: a start without a configuration does not wait for that.
  const { readConfig } = await import('./read-config.js')
  const { config, readCron } = await readConfig(file)
  const folder = dirname(file)
  const store = config.stored?.store === undefined ? null : resolveLocation(config.stored.store, folder)
  const entries = Object.entries(config.batch ?? {}).map(([key, entry]) => [key, withStore(resolveEntry(entry, folder), store)] as const)
  return { file, batch: new Map(entries), store, readCron }
}

/** Without a configuration there is no schedule to read. */
function noCron(): never {
  throw new SlipwayError('INTERNAL', 'a schedule without a configuration')
}

/** The batch of that name; SCHEDULE_UNKNOWN, with the names that exist. */
export function batchEntry(config: LoadedConfig, name: string): BatchEntry {
  const entry = config.batch.get(name)
  if (entry !== undefined) return entry
  const names = [...config.batch.keys()]
  const there = names.length === 0 ? 'there are none' : `there are ${names.join(', ')}`
  const where = config.file === null ? `no configuration here (${configNames[0]})` : basename(config.file)
  throw new SlipwayError('SCHEDULE_UNKNOWN', `no batch \`${name}\` in ${where}: ${there}`)
}

function withStore(entry: BatchEntry, store: string | null): BatchEntry {
  return entry.to === 'stored' && store !== null ? { store, ...entry } : entry
}

function findConfig({ file, folder = '.' }: ConfigLocation): string | null {
  if (file !== undefined) {
    const path = resolve(folder, file)
    if (!existsSync(path)) throw new SlipwayError('FILE_UNKNOWN', `no configuration at ${file}`)
    if (configNames.some((name) => extname(name) === extname(path))) return path
    throw new SlipwayError('CONFIG_INVALID', `${file}: expected a file that ends with .ts, .mts, .js, .mjs or .json`)
  }
  const [first, second] = configNames.filter((name) => existsSync(join(folder, name)))
  if (second !== undefined) throw new SlipwayError('CONFIG_INVALID', `there are both ${first} and ${second}: choose one with --config`)
  return first === undefined ? null : resolve(folder, first)
}
