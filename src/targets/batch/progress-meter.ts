import type { Clock } from '../../core/ports.js'
import type { InputFile, PartitionRecord, RowCounts } from '../../core/table.js'
import type { RunProgress } from './run-report.js'

/** Rates are over this time. */
const windowMs = 10_000

const nothing: RowCounts = { read: 0, filtered: 0, written: 0, bad: 0, fallback: 0 }

/** Adds up what partitions have counted, and tells rate and remaining time. */
export class ProgressMeter {
  readonly #clock: Clock
  readonly #about: Pick<RunProgress, 'run' | 'name' | 'model'>
  readonly #files: readonly InputFile[]
  readonly #start: number
  readonly #running = new Map<number, RowCounts>()
  #committed: RowCounts = nothing
  #done = 0
  #partitions: number | null = null
  /** Rows of Parquet files, or bytes of text, that are committed and that there are. */
  #spanDone = 0
  #total: number | null = null
  /** Rows of an earlier attempt: they took no time now. */
  #earlier: RowCounts = nothing
  #samples: { readonly at: number; readonly read: number }[] = []
  phase: RunProgress['phase'] = 'scoring'

  constructor(clock: Clock, about: Pick<RunProgress, 'run' | 'name' | 'model'>, files: readonly InputFile[]) {
    this.#clock = clock
    this.#about = about
    this.#files = files
    this.#start = clock.monotonic()
    const text = files.every((file) => file.format !== 'parquet')
    if (text) this.#total = files.reduce((sum, file) => sum + file.bytes, 0)
  }

  /** Rows of every Parquet file, once they are known. */
  set totalRows(rows: number) {
    this.#total = rows
  }

  planned(partitions: number): void {
    this.#partitions = partitions
  }

  record(record: PartitionRecord, earlier: boolean): void {
    this.#running.delete(record.partition.index)
    this.#committed = add(this.#committed, record)
    this.#done++
    this.#spanDone += record.partition.end - record.partition.start
    if (earlier) this.#earlier = add(this.#earlier, record)
  }

  running(index: number, counts: RowCounts | null): void {
    if (counts === null) this.#running.delete(index)
    else this.#running.set(index, counts)
  }

  get counts(): RowCounts {
    return [...this.#running.values()].reduce(add, this.#committed)
  }

  snapshot(): RunProgress {
    const now = this.#clock.monotonic()
    const counts = this.counts
    const rate = this.#rate(now, counts.read)
    const fraction = this.#fraction(counts)
    const elapsedMs = now - this.#start
    const remaining = fraction === null || fraction <= 0 || rate <= 0 ? null : ((counts.read / fraction) * (1 - fraction) * 1000) / rate
    return {
      ...this.#about,
      ...counts,
      phase: this.phase,
      partitionsDone: this.#done,
      partitions: this.#partitions,
      fraction,
      rowsPerSecond: Math.round(rate),
      etaMs: remaining === null ? null : Math.max(0, Math.round(remaining)),
      elapsedMs: Math.round(elapsedMs),
      earlier: this.#earlier,
    }
  }

  #rate(now: number, read: number): number {
    this.#samples.push({ at: now, read })
    while (this.#samples.length > 2 && now - this.#samples[0]!.at > windowMs) this.#samples.shift()
    const first = this.#samples[0]!
    // A run of less than a window is told as a whole.
    const whole = this.#samples.length < 2 || read === first.read
    const [since, rows] = whole ? [now - this.#start, read - this.#earlier.read] : [now - first.at, read - first.read]
    return since <= 0 ? 0 : (rows * 1000) / since
  }

  #fraction(counts: RowCounts): number | null {
    const total = this.#total
    if (total === null || total === 0) return null
    const underWay = counts.read - this.#committed.read
    const perRow = this.#files[0]?.format === 'parquet' ? 1 : this.#committed.read === 0 ? 0 : this.#spanDone / this.#committed.read
    return Math.min(1, (this.#spanDone + underWay * perRow) / total)
  }
}

/** Counts of two parts together. */
export function add(a: RowCounts, b: RowCounts): RowCounts {
  return {
    read: a.read + b.read,
    filtered: a.filtered + b.filtered,
    written: a.written + b.written,
    bad: a.bad + b.bad,
    fallback: a.fallback + b.fallback,
  }
}
