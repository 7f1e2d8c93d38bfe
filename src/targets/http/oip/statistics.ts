import type { DurationStatistic, ServedModel } from '../../../serving/data-plane.js'

const nothing: DurationStatistic = { count: 0, ns: 0 }

/** One entry of `model_stats` (T:docs/protocol/extension_statistics.md); perf_analyzer reads its server-side breakdown from it. */
export function modelStatistics(model: ServedModel): object {
  const statistics = model.statistics()
  return {
    name: model.info.name,
    version: model.info.version,
    last_inference: statistics.lastInferenceMs,
    inference_count: statistics.inferenceCount,
    execution_count: statistics.executionCount,
    inference_stats: {
      success: duration(statistics.success),
      fail: duration(statistics.fail),
      queue: duration(statistics.queue),
      compute_input: duration(statistics.computeInput),
      compute_infer: duration(statistics.computeInfer),
      compute_output: duration(statistics.computeOutput),
      cache_hit: nothing,
      cache_miss: nothing,
    },
    batch_stats: statistics.batches.map((batch) => ({
      batch_size: batch.rows,
      compute_input: duration(batch.computeInput),
      compute_infer: duration(batch.computeInfer),
      compute_output: duration(batch.computeOutput),
    })),
    memory_usage: [],
    response_stats: {},
  }
}

/** Whole nanoseconds: clients read them as 64-bit integers. */
function duration({ count, ns }: DurationStatistic): DurationStatistic {
  return { count, ns: Math.round(ns) }
}
