import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { createJiti } from 'jiti'
import { type BatchEntry, defineConfig } from '../../core/config.js'
import type { ReadCron } from '../../core/cron.js'
import { SlipwayError } from '../../core/errors.js'
import * as fields from '../../core/fields.js'
import { createJsonReader } from '../../core/json-reader.js'
import { loadCroner } from '../../drivers/croner/croner.js'
import { defineModel } from '../../model/define-model.js'
import { checkConfig } from './check-config.js'
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
  const readCron = await loadCroner()
  if (file === null) return { file, batch: new Map(), store: null, readCron }
  const name = basename(file)
  const config = await readConfig(file).then((value) => inFile(name, () => checkConfig(value, readCron)))
  const folder = dirname(file)
  const store = config.stored?.store === undefined ? null : resolveLocation(config.stored.store, folder)
  const entries = Object.entries(config.batch ?? {}).map(([key, entry]) => [key, withStore(resolveEntry(entry, folder), store)] as const)
  return { file, batch: new Map(entries), store, readCron }
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

function readConfig(file: string): Promise<unknown> {
  return extname(file) === '.json' ? readJson(file) : readModule(file)
}

async function readJson(file: string): Promise<unknown> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw notLoaded(file, cause)
  })
  return inFile(basename(file), () => {
    const reader = createJsonReader(bytes)
    const value = reader.value()
    reader.end()
    return value
  })
}

/** What `import … from 'slipway'` gives in a configuration: this very copy, installed beside the file or not. */
const slipwayModule = { ...fields, defineConfig, defineModel }

async function readModule(file: string): Promise<unknown> {
  const jiti = createJiti(file, { fsCache: false, moduleCache: false, virtualModules: { slipway: slipwayModule } })
  try {
    const source = await readFile(file, 'utf8')
    // Not `import`, which would leave .mjs to Node, where `slipway` is what is installed, if anything.
    const loaded = await jiti.evalModule(source, { filename: file, async: true, forceTranspile: true })
    if (typeof loaded === 'object' && loaded !== null && 'default' in loaded) return loaded.default
  } catch (cause) {
    throw notLoaded(file, cause)
  }
  throw new SlipwayError('CONFIG_INVALID', `${basename(file)}: expected \`export default defineConfig({ … })\`, found no default export`)
}

/** Only the first line of the reason: the rest is a stack or a picture of the code. */
function notLoaded(file: string, cause: unknown): SlipwayError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new SlipwayError('CONFIG_INVALID', `${basename(file)} cannot be loaded: ${reason.split('\n')[0]}`, { cause })
}

function inFile<T>(name: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if (!(cause instanceof SlipwayError)) throw cause
    throw new SlipwayError('CONFIG_INVALID', `${name}: ${cause.message}`, { cause })
  }
}
