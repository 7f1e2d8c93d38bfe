import type { StageTimings } from '../core/prediction.js'
import type { DurationStatistic, ModelStatistics } from './data-plane.js'

/** Batch sizes counted one by one; larger ones are counted under the next power of two, so that the list stays short. */
const exactBatchSizes = 64

interface Sum {
  count: number
  ms: number
}

interface ComputeSums {
  readonly input: Sum
  readonly infer: Sum
  readonly output: Sum
}

/**
 * Counts as Triton's statistics extension does (triton-inference-server, docs/protocol/extension_statistics.md): rows are inferences, runs
 * are executions, and each request of a run is charged with the whole time of the run.
 */
export class StatisticsRecorder {
  #lastInferenceMs = 0
  #inferenceCount = 0
  #executionCount = 0
  readonly #success: Sum = { count: 0, ms: 0 }
  readonly #fail: Sum = { count: 0, ms: 0 }
  readonly #queue: Sum = { count: 0, ms: 0 }
  readonly #compute: ComputeSums = computeSums()
  readonly #batches = new Map<number, ComputeSums>()

  /** One run: its rows, its requests, and the time that they waited for it, all together. */
  run(batch: { readonly rows: number; readonly requests: number; readonly queueMs: number; readonly timings: StageTimings }): void {
    this.#executionCount++
    add(this.#queue, batch.requests, batch.queueMs)
    addTimings(this.#compute, batch.timings, batch.requests)
    const size = batch.rows <= exactBatchSizes ? batch.rows : 2 ** Math.ceil(Math.log2(batch.rows))
    let sums = this.#batches.get(size)
    if (sums === undefined) this.#batches.set(size, (sums = computeSums()))
    addTimings(sums, batch.timings, 1)
  }

  /** One request answered: its rows (none for a failure), and its whole duration. */
  request(rows: number, durationMs: number, nowMs: number): void {
    add(rows > 0 ? this.#success : this.#fail, 1, durationMs)
    if (rows === 0) return
    this.#inferenceCount += rows
    this.#lastInferenceMs = nowMs
  }

  read(): ModelStatistics {
    const batches = [...this.#batches].toSorted(([a], [b]) => a - b)
    return {
      lastInferenceMs: this.#lastInferenceMs,
      inferenceCount: this.#inferenceCount,
      executionCount: this.#executionCount,
      success: statistic(this.#success),
      fail: statistic(this.#fail),
      queue: statistic(this.#queue),
      ...computeStatistics(this.#compute),
      batches: batches.map(([rows, sums]) => ({ rows, ...computeStatistics(sums) })),
    }
  }
}

function computeSums(): ComputeSums {
  return { input: { count: 0, ms: 0 }, infer: { count: 0, ms: 0 }, output: { count: 0, ms: 0 } }
}

function addTimings(sums: ComputeSums, timings: StageTimings, times: number): void {
  add(sums.input, times, times * (timings.validateMs + timings.gatherMs + timings.preprocessMs))
  add(sums.infer, times, times * timings.runMs)
  add(sums.output, times, times * (timings.postprocessMs + timings.returnMs))
}

function add(sum: Sum, count: number, ms: number): void {
  sum.count += count
  sum.ms += ms
}

function computeStatistics(sums: ComputeSums): Pick<ModelStatistics, 'computeInput' | 'computeInfer' | 'computeOutput'> {
  return { computeInput: statistic(sums.input), computeInfer: statistic(sums.infer), computeOutput: statistic(sums.output) }
}

function statistic({ count, ms }: Sum): DurationStatistic {
  return { count, ns: Math.round(ms * 1e6) }
}
