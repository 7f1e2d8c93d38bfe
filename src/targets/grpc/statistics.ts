import type { MessageInitShape } from '@bufbuild/protobuf'
import type { DurationStatistic, ServedModel } from '../../serving/data-plane.js'
import type { ModelStatisticsSchema, StatisticDurationSchema } from './proto/open_inference_pb.js'

type Duration = MessageInitShape<typeof StatisticDurationSchema>

const nothing: Duration = { count: 0n, ns: 0n }

/** One entry of `model_stats`; perf_analyzer reads its server-side breakdown from it. */
export function modelStatistics(model: ServedModel): MessageInitShape<typeof ModelStatisticsSchema> {
  const statistics = model.statistics()
  return {
    name: model.info.name,
    version: model.info.version,
    lastInference: whole(statistics.lastInferenceMs),
    inferenceCount: whole(statistics.inferenceCount),
    executionCount: whole(statistics.executionCount),
    inferenceStats: {
      success: duration(statistics.success),
      fail: duration(statistics.fail),
      queue: duration(statistics.queue),
      computeInput: duration(statistics.computeInput),
      computeInfer: duration(statistics.computeInfer),
      computeOutput: duration(statistics.computeOutput),
      cacheHit: nothing,
      cacheMiss: nothing,
    },
    batchStats: statistics.batches.map((batch) => ({
      batchSize: whole(batch.rows),
      computeInput: duration(batch.computeInput),
      computeInfer: duration(batch.computeInfer),
      computeOutput: duration(batch.computeOutput),
    })),
  }
}

function duration({ count, ns }: DurationStatistic): Duration {
  return { count: whole(count), ns: whole(ns) }
}

function whole(value: number): bigint {
  return BigInt(Math.round(value))
}
