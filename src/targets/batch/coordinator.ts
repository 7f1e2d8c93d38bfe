import { SlipwayError, toSlipwayError, type ErrorCode } from '../../core/errors.js'
import type { Partition, PartitionRecord, RowCounts } from '../../core/table.js'
import type { ScoringCalls } from './score-partition.js'
import { Turnstile } from './turnstile.js'

/** Scores partitions, one at a time: in this process, or in one of its own. */
export interface Scorer {
  score(partition: Partition, calls: ScoringCalls): Promise<PartitionRecord>
  close(): Promise<void>
}

export interface CoordinatorOptions {
  readonly partitions: AsyncIterable<Partition>
  /** Partitions committed by an earlier attempt. */
  readonly committed: readonly PartitionRecord[]
  readonly scorers: readonly Scorer[]
  readonly signal: AbortSignal
  /** Told of every partition committed, the earlier ones first; throws to end the run. */
  readonly onRecord: (record: PartitionRecord) => void
  /** Told of what the partitions under way have counted so far; throws to end the run. */
  readonly onProgress: (index: number, counts: RowCounts | null) => void
  /** Told once every file is cut. */
  readonly onPlanned: (partitions: number) => void
  /** Asked before a partition is tried again: its record, when it was committed after all. */
  readonly look: (index: number) => Promise<PartitionRecord | null>
  /** Waits before try `attempt` (1, 2 …); rejects when the signal is aborted. */
  readonly pause: (attempt: number, signal: AbortSignal) => Promise<void>
}

/** Tries of one partition. */
const tries = 3
/** What trying again does not mend. */
const final: ReadonlySet<ErrorCode> = new Set([
  'SOURCE_INVALID',
  'SOURCE_SCHEMA',
  'CANCELLED',
  'BAD_ROWS',
  'PACKAGE_MISSING',
  'CONFIG_INVALID',
  'SET_CONFLICT',
  'OUTPUT_EXISTS',
])

/** Has every partition scored and committed once; resolves with all records by index. Rejects with the first failure that tries do not mend. */
export async function coordinate(options: CoordinatorOptions): Promise<readonly PartitionRecord[]> {
  const run = new Coordination(options)
  return run.run()
}

class Coordination {
  readonly #options: CoordinatorOptions
  readonly #records = new Map<number, PartitionRecord>()
  readonly #turns = new Turnstile()
  readonly #stop = new AbortController()
  readonly #signal: AbortSignal
  #failure: unknown = null

  constructor(options: CoordinatorOptions) {
    this.#options = options
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal])
  }

  async run(): Promise<readonly PartitionRecord[]> {
    const { committed, scorers, partitions, onRecord } = this.#options
    for (const record of committed) {
      this.#records.set(record.partition.index, record)
      onRecord(record)
    }
    const queue = this.#todo(partitions[Symbol.asyncIterator]())
    await Promise.all(scorers.map((scorer) => this.#work(scorer, queue)))
    if (this.#failure !== null) throw this.#failure
    if (this.#options.signal.aborted) throw new SlipwayError('CANCELLED', 'the run was interrupted')
    return [...this.#records.values()].toSorted((a, b) => a.partition.index - b.partition.index)
  }

  /** Hands out the partitions that are not committed, one after another, whoever asks. */
  #todo(source: AsyncIterator<Partition>): () => Promise<Partition | null> {
    let count = 0
    let chain: Promise<unknown> = Promise.resolve()
    let ended = false
    const take = async (): Promise<Partition | null> => {
      while (!ended && !this.#signal.aborted) {
        const { value, done } = await source.next()
        if (done === true) {
          ended = true
          this.#options.onPlanned(count)
          break
        }
        count++
        const record = this.#records.get(value.index)
        if (record === undefined) return value
        this.#refuseOtherCut(record, value)
        this.#turns.pass(value.index)
      }
      return null
    }
    return () => {
      const turn = chain.then(take)
      chain = turn.catch(() => null)
      return turn
    }
  }

  #refuseOtherCut({ partition }: PartitionRecord, now: Partition): void {
    if (partition.start === now.start && partition.end === now.end && partition.file === now.file) return
    throw new SlipwayError(
      'RUN_MISMATCH',
      `partition ${now.index} was cut at ${partition.start}-${partition.end} then, ${now.start}-${now.end} now`,
    )
  }

  async #work(scorer: Scorer, next: () => Promise<Partition | null>): Promise<void> {
    try {
      for (let partition = await next(); partition !== null; partition = await next()) {
        const record = await this.#score(scorer, partition)
        this.#records.set(partition.index, record)
        this.#options.onProgress(partition.index, null)
        this.#options.onRecord(record)
        this.#turns.pass(partition.index)
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  /** The first failure is that of the run; whatever else is under way ends. */
  #fail(error: unknown): void {
    this.#failure ??= error
    this.#stop.abort(new SlipwayError('CANCELLED', 'another partition failed'))
    this.#turns.open()
  }

  /** Counts come at any time, from where nobody waits for them: what is thrown at them must not get lost. */
  #progress(index: number, counts: RowCounts): void {
    if (this.#signal.aborted) return
    try {
      this.#options.onProgress(index, counts)
    } catch (error) {
      this.#fail(error)
    }
  }

  async #score(scorer: Scorer, partition: Partition): Promise<PartitionRecord> {
    const { look, pause } = this.#options
    const turn = (): Promise<void> => this.#turns.wait(partition.index, this.#signal)
    const calls = { turn, progress: (counts: RowCounts) => this.#progress(partition.index, counts), signal: this.#signal }
    for (let attempt = 1; ; attempt++) {
      try {
        return await scorer.score(partition, calls)
      } catch (thrown) {
        const error = toSlipwayError(thrown)
        if (this.#signal.aborted || final.has(error.code)) throw error
        if (attempt === tries) throw lastFailure(error, partition)
        await pause(attempt, this.#signal)
        const record = await look(partition.index)
        if (record !== null) return record
      }
    }
  }
}

function lastFailure(error: SlipwayError, partition: Partition): SlipwayError {
  if (error.code === 'SINK_FAILED') return error
  const reason = error.code === 'INTERNAL' && error.cause instanceof Error ? error.cause.message : error.message
  return new SlipwayError('RUN_FAILED_PARTITION', `partition ${partition.index} failed ${tries} times: ${error.code}: ${reason}`, {
    cause: error,
  })
}
