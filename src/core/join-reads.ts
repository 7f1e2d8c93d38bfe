import { SlipwayError } from './errors.js'
import { storedKeyFault } from './stored-key.js'
import type { StoredRead, StoredSetHead, StoredValue } from './stored-sets.js'

/** What one query found for many keys: keys that the set lacks are not in `values`. */
export interface FoundValues {
  readonly set: StoredSetHead | null
  readonly values: ReadonlyMap<string, StoredValue>
}

export interface JoinOptions {
  /** Looks keys up in one snapshot; they are well-formed (`storedKeyFault`) and may repeat. */
  readonly look: (model: string, keys: readonly string[]) => Promise<FoundValues>
  /** Keys of one query at most. */
  readonly maxKeys: number
  /** Queries on their way at most; further reads wait for the next one, and are joined there. */
  readonly maxInFlight: number
  /** Runs a function when the reads of this turn of the event loop are in: `setImmediate`. */
  readonly defer: (flush: () => void) => void
}

interface Waiting {
  readonly model: string
  readonly keys: readonly string[]
  readonly resolve: (read: StoredRead) => void
  readonly reject: (error: unknown) => void
}

/** Joins the reads that come in one turn of the event loop into one query for each model; each read is answered from one query as a whole. */
export function joinReads(options: JoinOptions): (model: string, keys: readonly string[], signal?: AbortSignal) => Promise<StoredRead> {
  const { maxKeys, maxInFlight, defer } = options
  let waiting: Waiting[] = []
  let inFlight = 0
  let scheduled = false

  function schedule(): void {
    if (scheduled || inFlight >= maxInFlight || waiting.length === 0) return
    scheduled = true
    defer(flush)
  }

  function flush(): void {
    scheduled = false
    while (waiting.length > 0 && inFlight < maxInFlight) send(take())
  }

  function send(reads: readonly Waiting[]): void {
    inFlight++
    void answer(options, reads).finally(() => {
      inFlight--
      schedule()
    })
  }

  /** The first reads of one model that fit into a query. */
  function take(): readonly Waiting[] {
    const { model } = waiting[0]!
    const taken: Waiting[] = []
    const left: Waiting[] = []
    let size = 0
    for (const one of waiting) {
      const fits = one.model === model && (taken.length === 0 || size + one.keys.length <= maxKeys)
      if (fits) size += one.keys.length
      ;(fits ? taken : left).push(one)
    }
    waiting = left
    return taken
  }

  return (model, keys, signal) => {
    const read = new Promise<StoredRead>((resolve, reject) => {
      waiting.push({ model, keys, resolve, reject })
    })
    schedule()
    return signal === undefined ? read : orAbandoned(read, signal)
  }
}

async function answer({ look }: Pick<JoinOptions, 'look'>, reads: readonly Waiting[]): Promise<void> {
  const keys: string[] = []
  for (const one of reads) for (const key of one.keys) if (storedKeyFault(key) === null) keys.push(key)
  try {
    const { set, values } = await look(reads[0]!.model, keys)
    for (const one of reads) one.resolve({ set, values: one.keys.map((key) => values.get(key) ?? null) })
  } catch (error) {
    for (const one of reads) one.reject(error)
  }
}

/** The query goes on for the others: what it finds for this read is dropped. */
function orAbandoned(read: Promise<StoredRead>, signal: AbortSignal): Promise<StoredRead> {
  return new Promise((resolve, reject) => {
    const abandon = (): void => reject(new SlipwayError('CANCELLED', 'the lookup was abandoned'))
    if (signal.aborted) abandon()
    signal.addEventListener('abort', abandon, { once: true })
    read.then(resolve, reject).finally(() => signal.removeEventListener('abort', abandon))
  })
}
