import { SlipwayError } from '../core/errors.js'
import type { Registry } from '../registry/registry.js'
import type { Watcher } from '../registry/watch.js'
import type { DataPlane, RepositoryEntry, ServedModel, VersionSelector } from './data-plane.js'
import { ModelEntry } from './model-entry.js'
import type { ModelTargets, VersionRef } from './model-entry.js'
import type { OpenedVersion, ServingParts } from './served-version.js'

export interface ModelRepositoryOptions extends ServingParts {
  readonly registry: Pick<Registry, 'list' | 'show' | 'watch'>
  /** Checks a version out, loads it and gives it ready to predict. Rejects with a SlipwayError when it cannot. */
  openVersion(ref: VersionRef): Promise<OpenedVersion>
  /** The models to serve; all of the registry, and those added to it later, when left out. */
  readonly models?: readonly string[]
  /** How often the registry is looked at when its store gives no hint; its own default when left out. */
  readonly pollMs?: number
}

/** The data plane over a registry: serves what its aliases point at, and follows them when they move. */
export interface ModelRepository extends DataPlane {
  /** Resolves when everything that the registry says has been taken up, and what was replaced is closed. */
  settled(): Promise<void>
  /** Stops following the registry, answers what was taken, and closes every model. */
  close(): Promise<void>
}

/**
 * Opens the models of a registry, and resolves when each is served or known to fail. A model that fails does not keep the others back;
 * one that is named and is not in the registry does, with MODEL_UNKNOWN.
 */
export async function openModelRepository(options: ModelRepositoryOptions): Promise<ModelRepository> {
  const repository = new Repository(options)
  try {
    await repository.start()
  } catch (error) {
    await repository.close()
    throw error
  }
  return repository
}

const readyMs = 1000

class Repository implements ModelRepository {
  readonly #options: ModelRepositoryOptions
  readonly #entries = new Map<string, ModelEntry>()
  /** Unloaded by hand: a flip does not bring them back. */
  readonly #unloaded = new Set<string>()
  readonly #closing = new Set<Promise<void>>()
  #watcher: Watcher | null = null
  #live = true
  #started = false
  #readyAt = -Infinity
  #ready: Promise<boolean> = Promise.resolve(false)

  constructor(options: ModelRepositoryOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { registry, models, pollMs, logger } = this.#options
    const onProblem = (problem: unknown): void => logger.warn({ err: problem }, 'the registry cannot be followed')
    const watch = { onProblem, ...(models === undefined ? {} : { models }), ...(pollMs === undefined ? {} : { pollMs }) }
    // Watching begins before the first look, so that no move falls between them.
    this.#watcher = await registry.watch(({ model }) => this.#follow(model), watch)
    for (const name of models ?? []) await this.#targets(name)
    const names = models ?? (await registry.list()).map(({ name }) => name)
    // What fails has been logged, and is in the index.
    await Promise.allSettled(names.map((name) => this.#entry(name).update()))
    this.#started = true
  }

  live(): boolean {
    return this.#live
  }

  ready(): Promise<boolean> {
    const now = this.#options.clock.monotonic()
    if (!this.#live || !this.#started) return Promise.resolve(false)
    if (now - this.#readyAt > readyMs) {
      this.#readyAt = now
      this.#ready = this.#testAll()
    }
    return this.#ready
  }

  names(): readonly string[] {
    return [...this.#entries].flatMap(([name, entry]) => (entry.versions().length === 0 ? [] : [name])).toSorted()
  }

  versions(name: string): readonly ServedModel[] {
    return this.#entries.get(name)?.versions() ?? []
  }

  model(name: string, selector?: VersionSelector): ServedModel {
    return this.#known(name).find(selector)
  }

  async modelReady(name: string, selector?: VersionSelector): Promise<boolean> {
    try {
      return this.#live && (await this.#known(name).find(selector).selfTest())
    } catch (error) {
      if (error instanceof SlipwayError && error.code === 'NOT_READY') return false
      throw error
    }
  }

  async index(): Promise<readonly RepositoryEntry[]> {
    const models = await this.#options.registry.list()
    const registered = models.flatMap(({ name, versions, problem }): RepositoryEntry[] => {
      if (problem !== null) return [{ name, version: '', state: 'UNAVAILABLE', reason: problem.message }]
      if ((this.#entries.get(name)?.statuses().size ?? 0) > 0) return []
      return [{ name, version: String(versions.at(-1) ?? ''), state: 'UNAVAILABLE', reason: 'unloaded' }]
    })
    const known = [...this.#entries].flatMap(([name, entry]) =>
      [...entry.statuses()].map(([version, { state, reason }]): RepositoryEntry => ({ name, version, state, reason })),
    )
    return [...registered, ...known].toSorted(byNameAndVersion)
  }

  async load(name: string): Promise<void> {
    await this.#targets(name)
    this.#unloaded.delete(name)
    await this.#entry(name).update()
  }

  async unload(name: string): Promise<void> {
    const entry = this.#known(name)
    this.#unloaded.add(name)
    this.#entries.delete(name)
    await this.#close(entry)
  }

  async settled(): Promise<void> {
    await Promise.all([...[...this.#entries.values()].map((entry) => entry.settled()), ...this.#closing])
  }

  async close(): Promise<void> {
    this.#live = false
    await this.#watcher?.close()
    await Promise.all([...this.#entries.values()].map((entry) => this.#close(entry)))
    await Promise.all(this.#closing)
  }

  #follow(name: string): void {
    if (!this.#live || this.#unloaded.has(name)) return
    this.#entry(name)
      .update()
      .catch(() => {
        // Logged where it happened; the versions that were served before still are.
      })
  }

  async #close(entry: ModelEntry): Promise<void> {
    const closing = entry.close()
    this.#closing.add(closing)
    await closing.finally(() => this.#closing.delete(closing))
  }

  #entry(name: string): ModelEntry {
    const found = this.#entries.get(name)
    if (found !== undefined) return found
    const entry = new ModelEntry(name, { ...this.#options, readTargets: (model) => this.#targets(model) })
    this.#entries.set(name, entry)
    return entry
  }

  #known(name: string): ModelEntry {
    const entry = this.#entries.get(name)
    if (entry === undefined) throw new SlipwayError('MODEL_UNKNOWN', `there is no model ${JSON.stringify(name.slice(0, 128))}`)
    return entry
  }

  async #targets(name: string): Promise<ModelTargets> {
    const { versions, aliases } = await this.#options.registry.show(name, { entries: 0 })
    const newest = versions.at(-1)?.version
    return {
      aliases: new Map(Object.entries(aliases).map(([alias, { target }]) => [alias, String(target.version)])),
      newest: newest === undefined ? null : String(newest),
    }
  }

  async #testAll(): Promise<boolean> {
    const served = [...this.#entries.values()].flatMap((entry) => entry.versions())
    if (served.length === 0) return this.#entries.size === 0
    const results = await Promise.all(served.map((version) => version.selfTest()))
    return results.every(Boolean)
  }
}

function byNameAndVersion(a: RepositoryEntry, b: RepositoryEntry): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return Number(a.version) - Number(b.version)
}
