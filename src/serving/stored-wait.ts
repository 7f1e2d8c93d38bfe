import { SlipwayError } from '../core/errors.js'
import type { StoredRead, StoredSets } from '../core/stored-sets.js'

interface Pending {
  readonly expiresAt: number
  readonly reject: (error: SlipwayError) => void
  settled: boolean
}

/** Reads that the store has not settled yet, at most: a store that hangs must not make them pile up. */
const maxPending = 50_000

/**
 * Reads that are waited for only so long: STORE_UNAVAILABLE then, however long the store goes on. All have one limit, so that one timer serves
 * them in the order in which they came.
 */
export class BoundedReads {
  readonly #sets: StoredSets
  readonly #timeoutMs: number
  readonly #now: () => number
  #queue: Pending[] = []
  #unsettled = 0
  #ticking = false

  constructor(sets: StoredSets, { timeoutMs, now }: { readonly timeoutMs: number; readonly now: () => number }) {
    this.#sets = sets
    this.#timeoutMs = timeoutMs
    this.#now = now
  }

  /** As `StoredSets.read`. QUEUE_FULL when too many wait. */
  read(model: string, keys: readonly string[]): Promise<StoredRead> {
    if (this.#unsettled >= maxPending) {
      return Promise.reject(new SlipwayError('QUEUE_FULL', 'too many lookups of stored predictions wait for the store'))
    }
    this.#unsettled++
    return new Promise((resolve, reject) => {
      const pending: Pending = { expiresAt: this.#now() + this.#timeoutMs, reject, settled: false }
      this.#queue.push(pending)
      if (!this.#ticking) this.#tick(this.#timeoutMs)
      void this.#ask(pending, this.#sets.read(model, keys), resolve)
    })
  }

  async #ask(pending: Pending, reading: Promise<StoredRead>, resolve: (read: StoredRead) => void): Promise<void> {
    try {
      resolve(await reading)
    } catch (error) {
      pending.reject(unavailable(error))
    } finally {
      pending.settled = true
      this.#unsettled--
    }
  }

  #tick(ms: number): void {
    this.#ticking = true
    setTimeout(this.#expire, ms).unref()
  }

  readonly #expire = (): void => {
    const now = this.#now()
    const waiting = this.#queue.filter(({ settled }) => !settled)
    const late = waiting.filter(({ expiresAt }) => expiresAt <= now)
    for (const { reject } of late) {
      reject(new SlipwayError('STORE_UNAVAILABLE', `the store of predictions did not answer within ${this.#timeoutMs} ms`))
    }
    this.#queue = late.length === 0 ? waiting : waiting.slice(late.length)
    const [next] = this.#queue
    this.#ticking = false
    if (next !== undefined) this.#tick(Math.max(1, next.expiresAt - now))
  }
}

function unavailable(error: unknown): SlipwayError {
  if (error instanceof SlipwayError) return error
  return new SlipwayError('STORE_UNAVAILABLE', 'the store of predictions failed', { cause: error })
}
