import { SlipwayError, toSlipwayError } from '../core/errors.js'
import { servingMetrics } from '../monitoring/serving-metrics.js'
import type { ModelState, VersionSelector } from './data-plane.js'
import { checkGolden } from './golden.js'
import { ServedVersion } from './served-version.js'
import type { OpenedVersion, ServingParts } from './served-version.js'

/** Names one version of a model of the registry. */
export interface VersionRef {
  readonly name: string
  readonly version: string
}

/** What the registry says about a model now. */
export interface ModelTargets {
  /** The version that each alias points at. */
  readonly aliases: ReadonlyMap<string, string>
  /** The one to serve when there is no alias; null when there is no version at all. */
  readonly newest: string | null
}

export interface EntryParts extends ServingParts {
  openVersion(ref: VersionRef): Promise<OpenedVersion>
  /** Where the aliases of a model stand now. */
  readTargets(name: string): Promise<ModelTargets>
}

const nothing: ModelTargets = { aliases: new Map(), newest: null }
/** Stands for the alias of a model that has none; no caller can mean it. */
const noAlias = '(none)'

interface Status {
  readonly state: ModelState
  readonly reason: string
}

/**
 * One model and its served versions. New versions are loaded and checked beside the old ones; then the aliases move, all at once, and what
 * no alias points at any more is drained and closed. An alias whose new version fails stays where it was.
 */
export class ModelEntry {
  readonly name: string
  readonly #parts: EntryParts
  readonly #served = new Map<string, ServedVersion>()
  readonly #statuses = new Map<string, Status>()
  readonly #retiring = new Set<Promise<void>>()
  /** Where the registry has the aliases, and where they stand here. */
  #targets: ReadonlyMap<string, string> = new Map()
  #aliases: ReadonlyMap<string, string> = new Map()
  #default: ServedVersion | null = null
  #work: Promise<unknown> = Promise.resolve()
  #next: Promise<void> | null = null

  constructor(name: string, parts: EntryParts) {
    this.name = name
    this.#parts = parts
  }

  /** Served versions, ascending. */
  versions(): readonly ServedVersion[] {
    return [...this.#served.values()].toSorted((a, b) => Number(a.info.version) - Number(b.info.version))
  }

  /** State of every version that is served, was tried, or is going. */
  statuses(): ReadonlyMap<string, Status> {
    return this.#statuses
  }

  find(selector: VersionSelector = {}): ServedVersion {
    const { version, alias } = selector
    if (version !== undefined) return this.#served.get(version) ?? this.#missing(version, `version ${version}`, 'VERSION_UNKNOWN')
    if (alias === undefined) return this.#default ?? fail('NOT_READY', `the model ${this.name} is not ready`)
    const real = alias !== noAlias
    const target = real ? this.#aliases.get(alias) : undefined
    return this.#served.get(target ?? '') ?? this.#missing(real ? this.#targets.get(alias) : '', `alias ${alias}`, 'ALIAS_UNKNOWN')
  }

  /**
   * Takes up what the registry says when its turn comes: one update at a time, and calls that come meanwhile share the next one. Rejects
   * with the error of the first version that fails; the rest is done.
   */
  update(): Promise<void> {
    this.#next ??= this.#enqueue(async () => {
      this.#next = null
      await this.#apply(await this.#readTargets())
    })
    return this.#next
  }

  /** Drains and closes every version. */
  async close(): Promise<void> {
    await this.#enqueue(() => this.#apply(nothing))
    await Promise.all(this.#retiring)
  }

  /** Resolves when no update and no closing is under way. */
  async settled(): Promise<void> {
    await this.#work
    await Promise.all(this.#retiring)
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work)
    this.#work = done.catch(() => {})
    return done
  }

  async #readTargets(): Promise<ModelTargets> {
    try {
      return await this.#parts.readTargets(this.name)
    } catch (error) {
      this.#parts.logger.error({ model: this.name, err: error }, 'the registry could not be read')
      throw error
    }
  }

  async #apply({ aliases, newest }: ModelTargets): Promise<void> {
    this.#targets = aliases.size === 0 && newest !== null ? new Map([[noAlias, newest]]) : aliases
    const wanted = new Set(this.#targets.values())
    for (const [version, { state }] of this.#statuses) if (state === 'UNAVAILABLE') this.#statuses.delete(version)
    const errors: unknown[] = []
    for (const version of wanted) {
      if (!this.#served.has(version)) await this.#load(version).catch((error: unknown) => errors.push(error))
    }
    this.#switch()
    if (errors.length > 0) throw errors[0]
  }

  async #load(version: string): Promise<void> {
    const { clock, logger, metrics } = this.#parts
    const fields = { model: this.name, version }
    const startedAt = clock.monotonic()
    this.#statuses.set(version, { state: 'LOADING', reason: '' })
    try {
      const opened = await this.#parts.openVersion({ name: this.name, version })
      const served = await this.#check(opened)
      this.#served.set(version, served)
      this.#statuses.set(version, { state: 'READY', reason: '' })
      const seconds = (clock.monotonic() - startedAt) / 1000
      metrics.histogram(servingMetrics.loadDuration).with({ model: this.name }).observe(seconds)
      logger.info({ ...fields, digest: served.info.digest, isolation: served.info.isolation, seconds }, 'a version is ready')
    } catch (error) {
      const { code, message } = toSlipwayError(error)
      this.#statuses.set(version, { state: 'UNAVAILABLE', reason: message })
      metrics.counter(servingMetrics.loadFailures).with({ model: this.name, code }).add(1)
      logger.error({ ...fields, code, err: error }, 'a version could not be loaded')
      throw error
    }
  }

  async #check(opened: OpenedVersion): Promise<ServedVersion> {
    let served: ServedVersion | null = null
    try {
      served = new ServedVersion(opened, this.#parts)
      // First of all: a cold model could miss its deadline, and a fallback is not what the examples say.
      await served.warmUp()
      await checkGolden(opened.predictor, opened.golden)
      return served
    } catch (error) {
      served?.forgetMetrics()
      await opened.predictor.close()
      throw error
    }
  }

  /** Moves every alias whose version is there; then what nobody points at goes. */
  #switch(): void {
    const moved = new Map<string, string>()
    for (const [alias, version] of this.#targets) {
      const target = this.#served.has(version) ? version : this.#aliases.get(alias)
      if (target !== undefined && this.#served.has(target)) moved.set(alias, target)
    }
    const before = this.#targets.size === 0 ? null : this.#default
    this.#aliases = moved
    this.#default = this.#chosen(moved) ?? before
    const kept = new Set([...moved.values(), this.#default?.info.version])
    for (const [version, served] of this.#served) {
      if (!kept.has(version)) this.#retire(version, served)
      else served.setAliases([...moved].flatMap(([alias, target]) => (target === version && alias !== noAlias ? [alias] : [])).toSorted())
    }
  }

  /** `champion`, else `latest`, else the newest that an alias points at. No other takes the place of a champion that cannot be served. */
  #chosen(moved: ReadonlyMap<string, string>): ServedVersion | null {
    const alias = ['champion', 'latest'].find((name) => this.#targets.has(name))
    const newest = [...moved.values()].toSorted((a, b) => Number(a) - Number(b)).at(-1)
    return this.#served.get((alias === undefined ? newest : moved.get(alias)) ?? '') ?? null
  }

  #retire(version: string, served: ServedVersion): void {
    this.#served.delete(version)
    this.#statuses.set(version, { state: 'UNLOADING', reason: '' })
    const retiring = this.#closeVersion(version, served).finally(() => this.#retiring.delete(retiring))
    this.#retiring.add(retiring)
  }

  async #closeVersion(version: string, served: ServedVersion): Promise<void> {
    try {
      await served.retire(() => this.#default)
    } catch (error) {
      this.#parts.logger.error({ model: this.name, version, err: error }, 'a version did not close cleanly')
    }
    // It may be served again already.
    if (!this.#served.has(version)) served.forgetMetrics()
    if (this.#statuses.get(version)?.state === 'UNLOADING') this.#statuses.delete(version)
  }

  #missing(version: string | undefined, what: string, code: 'VERSION_UNKNOWN' | 'ALIAS_UNKNOWN'): never {
    const status = this.#statuses.get(version ?? '')
    if (status === undefined) fail(code, `the model ${this.name} has no ${what} that is served`)
    return fail('NOT_READY', `${this.name}@${version} is ${status.state.toLowerCase()}${status.reason && `: ${status.reason}`}`)
  }
}

function fail(code: 'NOT_READY' | 'VERSION_UNKNOWN' | 'ALIAS_UNKNOWN', message: string): never {
  throw new SlipwayError(code, message)
}
