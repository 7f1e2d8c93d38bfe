import { SlipwayError } from '../core/errors.js'
import type { StoredRead, StoredSets } from '../core/stored-sets.js'

export interface JoinerOptions {
  /** How long a read may take, the time that it waits for its turn included. */
  readonly timeoutMs: number
  /** Reads under way at once. */
  readonly concurrency: number
  /** Keys that may wait; further reads are refused with QUEUE_FULL. */
  readonly maxQueuedKeys: number
}

/** Keys that one read asks the store for. */
const maxKeys = 4096

interface Waiter {
  readonly start: number
  readonly count: number
  readonly resolve: (read: StoredRead) => void
  readonly reject: (error: unknown) => void
}

/** Reads of one model that go to the store together, in one snapshot. */
interface Group {
  readonly model: string
  readonly keys: string[]
  readonly waiters: Waiter[]
  readonly controller: AbortController
  readonly timer: NodeJS.Timeout
}

/**
 * Joins the reads of one turn of the event loop, and those that come while the store is busy, into one query: over a network the round trip
 * costs, not the keys. The keys of one call are never parted.
 */
export class ReadJoiner {
  readonly #sets: StoredSets
  readonly #options: JoinerOptions
  readonly #groups: Group[] = []
  #queuedKeys = 0
  #underway = 0
  #scheduled = false

  constructor(sets: StoredSets, options: JoinerOptions) {
    this.#sets = sets
    this.#options = options
  }

  /** As `StoredSets.read`; rejects with STORE_UNAVAILABLE after the time limit. */
  read(model: string, keys: readonly string[]): Promise<StoredRead> {
    if (this.#queuedKeys > this.#options.maxQueuedKeys) {
      return Promise.reject(new SlipwayError('QUEUE_FULL', 'too many lookups of stored predictions wait for the store'))
    }
    const group = this.#groupFor(model, keys.length)
    this.#queuedKeys += keys.length
    return new Promise((resolve, reject) => {
      group.waiters.push({ start: group.keys.length, count: keys.length, resolve, reject })
      for (const key of keys) group.keys.push(key)
      if (this.#scheduled) return
      this.#scheduled = true
      setImmediate(() => {
        this.#scheduled = false
        this.#start()
      })
    })
  }

  #groupFor(model: string, keys: number): Group {
    const open = this.#groups.findLast((group) => group.model === model)
    if (open !== undefined && open.keys.length + keys <= maxKeys) return open
    const controller = new AbortController()
    const group: Group = { model, keys: [], waiters: [], controller, timer: setTimeout(() => this.#expire(group), this.#options.timeoutMs) }
    this.#groups.push(group)
    return group
  }

  #start(): void {
    while (this.#underway < this.#options.concurrency) {
      const group = this.#groups.shift()
      if (group === undefined) return
      this.#queuedKeys -= group.keys.length
      this.#underway++
      void this.#run(group)
    }
  }

  async #run(group: Group): Promise<void> {
    const { model, keys, waiters, controller, timer } = group
    try {
      const { set, values } = await this.#sets.read(model, keys, { signal: controller.signal })
      const alone = waiters.length === 1
      for (const { start, count, resolve } of waiters) resolve({ set, values: alone ? values : values.slice(start, start + count) })
    } catch (error) {
      this.#fail(group, error)
    } finally {
      clearTimeout(timer)
      this.#underway--
      this.#start()
    }
  }

  #expire(group: Group): void {
    const at = this.#groups.indexOf(group)
    if (at >= 0) {
      this.#groups.splice(at, 1)
      this.#queuedKeys -= group.keys.length
    }
    group.controller.abort()
    this.#fail(group, new SlipwayError('STORE_UNAVAILABLE', `the store of predictions did not answer within ${this.#options.timeoutMs} ms`))
  }

  #fail({ waiters }: Group, error: unknown): void {
    const reason =
      error instanceof SlipwayError ? error : new SlipwayError('STORE_UNAVAILABLE', 'the store of predictions failed', { cause: error })
    for (const { reject } of waiters) reject(reason)
  }
}
