import { SlipwayError } from '../core/errors.js'
import type { Clock } from '../core/ports.js'
import type { StoredSets } from '../core/stored-sets.js'
import { createStoredReader, type StoredReader, type StoredReaderOptions } from './stored-reader.js'

/** An open store. */
export interface OpenStore {
  readonly sets: StoredSets
  readonly reader: StoredReader
}

export interface StoredSourceOptions extends StoredReaderOptions {
  /** Opens the store; null while there is none: no set was ever loaded. Rejects with STORE_UNAVAILABLE or PACKAGE_MISSING. */
  readonly open: () => Promise<StoredSets | null>
  readonly clock: Clock
}

/** A store that failed to open is not tried again for so long. */
const retryMs = 500

/** Opens the store when it is first looked into, so that a server starts without it, and goes on when it comes later. */
export class StoredSource {
  readonly #options: StoredSourceOptions
  #store: OpenStore | null = null
  #opening: Promise<OpenStore | null> | null = null
  #failure: { readonly error: unknown; readonly at: number } | null = null
  #closed = false

  constructor(options: StoredSourceOptions) {
    this.#options = options
  }

  /** Null when it is not open yet. */
  get now(): OpenStore | null {
    return this.#store
  }

  /** Null when there is none yet. */
  open(): Promise<OpenStore | null> {
    if (this.#store !== null) return Promise.resolve(this.#store)
    const failure = this.#failure
    if (failure !== null && this.#options.clock.monotonic() - failure.at < retryMs) return Promise.reject(failure.error)
    this.#opening ??= this.#open().finally(() => {
      this.#opening = null
    })
    return this.#opening
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.#opening?.catch(() => null)
    await this.#store?.sets.close()
    this.#store = null
  }

  async #open(): Promise<OpenStore | null> {
    if (this.#closed) throw new SlipwayError('NOT_READY', 'the server is ending')
    try {
      const sets = await within(this.#options.open(), this.#options.timeoutMs ?? 1000)
      this.#failure = null
      if (sets === null) return null
      this.#store = { sets, reader: createStoredReader(sets, this.#options) }
      return this.#store
    } catch (thrown) {
      const error =
        thrown instanceof SlipwayError
          ? thrown
          : new SlipwayError('STORE_UNAVAILABLE', 'the store of predictions cannot be opened', { cause: thrown })
      this.#failure = { error, at: this.#options.clock.monotonic() }
      throw error
    }
  }
}

async function within(opening: Promise<StoredSets | null>, ms: number): Promise<StoredSets | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new SlipwayError('STORE_UNAVAILABLE', `the store of predictions did not open within ${ms} ms`))
      // Nobody waits for it any more.
      void opening.then((sets) => sets?.close()).catch(() => {})
    }, ms)
  })
  try {
    return await Promise.race([opening, late])
  } finally {
    clearTimeout(timer)
  }
}
