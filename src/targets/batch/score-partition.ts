import type { Fields } from '../../core/field.js'
import type { Clock } from '../../core/ports.js'
import type { Prediction } from '../../core/prediction.js'
import type {
  OutputBatch,
  Partition,
  PartitionRecord,
  PartitionWriter,
  ReadPlan,
  RefusedRow,
  RowCounts,
  SourceChunk,
  TableReader,
  TableSink,
} from '../../core/table.js'
import { issueLabel, type RowIssue } from '../../core/issue.js'
import type { Predictor } from '../../model/predictor.js'
import type { OutputProfile } from '../../monitoring/output-profile.js'
import { createOutputProfiler } from '../../monitoring/output-profiler.js'
import { CodeTally } from './code-tally.js'
import { filterChunk, type FilteredChunk } from './filter-chunk.js'
import { outputBatch } from './output-batch.js'
import type { OutputLayout } from './output-layout.js'
import { type BadRow, PartitionQuarantine } from './quarantine.js'
import type { CodeCount, StepTimings } from './run-report.js'
import type { Where } from './where/where.js'

/** What every partition of a run is scored with. */
export interface ScoringParts {
  readonly reader: (partition: Partition) => TableReader
  readonly plan: ReadPlan
  readonly where: Where | null
  readonly predictor: Predictor
  readonly sink: TableSink
  readonly layout: OutputLayout
  readonly output: Fields
  /** Folder of the quarantine files. */
  readonly quarantine: string
  readonly clock: Clock
}

export interface ScoringCalls {
  /** Resolves when the partitions before this one are committed; for sinks that want them in order. */
  readonly turn: () => Promise<void>
  readonly progress: (counts: RowCounts) => void
  readonly signal: AbortSignal
}

/** What the runner keeps in the record of a partition. */
export interface PartitionDetails {
  readonly profile: OutputProfile
  readonly badCodes: readonly CodeCount[]
  readonly rowCodes: readonly CodeCount[]
  readonly timings: StepTimings
}

/** Reads, scores and writes one partition; its record is committed with its data. What is not committed when it fails is taken back. */
export async function scorePartition(parts: ScoringParts, partition: Partition, calls: ScoringCalls): Promise<PartitionRecord> {
  const scoring = new PartitionScoring(parts, partition, calls)
  try {
    return await scoring.run()
  } catch (error) {
    await scoring.abort()
    throw error
  }
}

class PartitionScoring {
  readonly #parts: ScoringParts
  readonly #partition: Partition
  readonly #calls: ScoringCalls
  readonly #quarantine: PartitionQuarantine
  readonly #profiler: ReturnType<typeof createOutputProfiler>
  readonly #badCodes = new CodeTally()
  readonly #rowCodes = new CodeTally()
  readonly #counts: { -readonly [K in keyof RowCounts]: number } = { read: 0, filtered: 0, written: 0, bad: 0, fallback: 0 }
  readonly #timings: { -readonly [K in keyof StepTimings]: number } = {
    readMs: 0,
    validateMs: 0,
    gatherMs: 0,
    preprocessMs: 0,
    runMs: 0,
    postprocessMs: 0,
    writeMs: 0,
  }
  /** Batches that wait for the partition's turn. */
  readonly #waiting: OutputBatch[] = []
  /** Of the chunk under way. */
  readonly #bad: BadRow[] = []
  /** Column that names a row. */
  readonly #key: string | null
  #writer: PartitionWriter | null = null

  constructor(parts: ScoringParts, partition: Partition, calls: ScoringCalls) {
    this.#parts = parts
    this.#partition = partition
    this.#calls = calls
    this.#quarantine = new PartitionQuarantine(parts.quarantine, partition.index)
    this.#profiler = createOutputProfiler(parts.output)
    this.#key = parts.layout.columns.find((column) => column.key === true)?.name ?? null
  }

  async run(): Promise<PartitionRecord> {
    const { reader, plan, sink, clock } = this.#parts
    const inOrder = sink.commits === 'in-order'
    if (!inOrder) this.#writer = await sink.open(this.#partition)
    let last = clock.monotonic()
    for await (const chunk of reader(this.#partition).read(this.#partition, plan, { signal: this.#calls.signal })) {
      this.#timings.readMs += clock.monotonic() - last
      await this.#score(chunk, inOrder)
      this.#calls.progress(this.#counts)
      last = clock.monotonic()
    }
    this.#timings.readMs += clock.monotonic() - last
    return this.#commit()
  }

  async abort(): Promise<void> {
    await this.#writer?.abort()
    await this.#quarantine.abort().catch(() => {})
  }

  async #score(chunk: SourceChunk, inOrder: boolean): Promise<void> {
    const { where, predictor, layout } = this.#parts
    this.#takeBroken(chunk)
    const filtered = filterChunk(chunk, where === null ? null : where.rows(chunk.carry, chunk.input.frame.length))
    this.#counts.read += chunk.input.frame.length + chunk.broken.length
    this.#counts.filtered += filtered.filtered
    if (filtered.input.frame.length === 0) return this.#putAside()
    const prediction = await predictor.predict(filtered.input, { signal: this.#calls.signal, ignoreDeadline: true })
    this.#time(prediction)
    const answered = this.#takeBad(chunk, filtered, prediction)
    this.#profiler.add(prediction.frame, answered)
    const batch = outputBatch({ prediction, carry: filtered.carry, rowNumbers: filtered.rowNumbers, answered }, layout, inOrder)
    this.#counts.written += batch.length
    if (inOrder) this.#waiting.push(batch)
    else await this.#timed(() => this.#writer!.write(batch))
    await this.#putAside()
  }

  /** Puts the bad rows of a chunk into the quarantine, in the order in which they stand in the source. */
  #putAside(): Promise<void> {
    for (const row of this.#bad.splice(0).toSorted((a, b) => a.row - b.row)) this.#quarantine.add(row)
    return this.#quarantine.flush()
  }

  #takeBroken(chunk: SourceChunk): void {
    for (const { row, code, message, record } of chunk.broken) {
      this.#badCodes.add([{ code, field: null, message }])
      this.#bad.push({ row, codes: [code], message, record })
    }
    this.#counts.bad += chunk.broken.length
  }

  /** Puts refused rows aside and counts the others; returns those answered, null for all. */
  #takeBad(chunk: SourceChunk, filtered: FilteredChunk, { sources, issues, length }: Prediction): Uint32Array | null {
    const keys = this.#key === null ? null : (filtered.carry[this.#key]?.validity ?? null)
    if (issues === null && keys === null) return null
    const answered = new Uint32Array(length)
    let count = 0
    for (let row = 0; row < length; row++) {
      const found = keys?.[row] === 0 ? [keyMissing(row, this.#key!)] : issues?.get(row)
      if (sources[row] !== 0 && keys?.[row] !== 0) {
        if (found !== undefined) this.#rowCodes.add(found)
        if (sources[row]! > 1) this.#counts.fallback++
        answered[count++] = row
        continue
      }
      this.#badCodes.add(found ?? [])
      const refused = (found ?? []).filter((issue) => issue.action === 'reject')
      const record = chunk.record(filtered.kept === null ? row : filtered.kept[row]!)
      const codes = (found ?? []).map((issue) => issueLabel(issue))
      this.#bad.push({ row: filtered.rowNumbers[row]!, codes, message: refused[0]?.message ?? '', record })
      this.#counts.bad++
    }
    return count === length ? null : answered.subarray(0, count)
  }

  #time({ timings }: Prediction): void {
    for (const step of ['validateMs', 'gatherMs', 'preprocessMs', 'runMs', 'postprocessMs'] as const) this.#timings[step] += timings[step]
    this.#timings.postprocessMs += timings.returnMs
  }

  async #commit(): Promise<PartitionRecord> {
    if (this.#writer === null) {
      await this.#calls.turn()
      this.#writer = await this.#parts.sink.open(this.#partition)
      for (const batch of this.#waiting) await this.#timed(() => this.#writer!.write(batch))
    }
    const writer = this.#writer
    const start = this.#parts.clock.monotonic()
    return writer.commit(async (refused, data) => {
      this.#takeRefused(refused)
      await this.#quarantine.commit()
      this.#timings.writeMs += this.#parts.clock.monotonic() - start
      return { partition: this.#partition, ...this.#counts, ...data, details: { ...this.#details() } }
    })
  }

  /** Rows that the sink would not have: their key is null, or was there. */
  #takeRefused(refused: readonly RefusedRow[]): void {
    for (const { row, code, message } of refused) {
      this.#badCodes.add([{ code, field: null, message }])
      this.#quarantine.add({ row, codes: [code], message, record: null })
    }
    this.#counts.written -= refused.length
    this.#counts.bad += refused.length
  }

  #details(): PartitionDetails {
    return {
      profile: this.#profiler.profile(),
      badCodes: this.#badCodes.counts(),
      rowCodes: this.#rowCodes.counts(),
      timings: this.#timings,
    }
  }

  async #timed(work: () => Promise<void>): Promise<void> {
    const start = this.#parts.clock.monotonic()
    await work()
    this.#timings.writeMs += this.#parts.clock.monotonic() - start
  }
}

function keyMissing(row: number, key: string): RowIssue {
  return { row, code: 'KEY_MISSING', field: key, message: `the row has no key \`${key}\``, action: 'reject' }
}
