import { describe, expect, it } from 'vitest'
import { StatisticsRecorder } from './statistics.js'

const timings = { validateMs: 1, gatherMs: 2, preprocessMs: 3, runMs: 10, postprocessMs: 4, returnMs: 1 }

describe('the statistics of a model', () => {
  it('are zero before the first inference', () => {
    const zero = { count: 0, ns: 0 }
    expect(new StatisticsRecorder().read()).toEqual({
      lastInferenceMs: 0,
      inferenceCount: 0,
      executionCount: 0,
      success: zero,
      fail: zero,
      queue: zero,
      computeInput: zero,
      computeInfer: zero,
      computeOutput: zero,
      batches: [],
    })
  })

  it('charge every request of a run with the whole run, and every batch size once', () => {
    const recorder = new StatisticsRecorder()
    recorder.run({ rows: 5, requests: 2, queueMs: 3, timings })
    recorder.run({ rows: 1, requests: 1, queueMs: 0.5, timings })
    const read = recorder.read()
    expect(read.executionCount).toBe(2)
    expect(read.queue).toEqual({ count: 3, ns: 3_500_000 })
    expect(read.computeInput).toEqual({ count: 3, ns: 18_000_000 })
    expect(read.computeInfer).toEqual({ count: 3, ns: 30_000_000 })
    expect(read.computeOutput).toEqual({ count: 3, ns: 15_000_000 })
    expect(read.batches.map(({ rows, computeInfer }) => [rows, computeInfer])).toEqual([
      [1, { count: 1, ns: 10_000_000 }],
      [5, { count: 1, ns: 10_000_000 }],
    ])
  })

  it('count rows as inferences, and requests that nothing answered as failures', () => {
    const recorder = new StatisticsRecorder()
    recorder.request(5, 7, 1000)
    recorder.request(0, 2, 2000)
    const read = recorder.read()
    expect(read).toMatchObject({ inferenceCount: 5, lastInferenceMs: 1000 })
    expect(read.success).toEqual({ count: 1, ns: 7_000_000 })
    expect(read.fail).toEqual({ count: 1, ns: 2_000_000 })
  })

  it('list a bounded number of batch sizes', () => {
    const recorder = new StatisticsRecorder()
    for (let rows = 1; rows <= 10_000; rows++) recorder.run({ rows, requests: 1, queueMs: 0, timings })
    const sizes = recorder.read().batches.map(({ rows }) => rows)
    expect(sizes).toHaveLength(64 + 8)
    expect(sizes.slice(62, 67)).toEqual([63, 64, 128, 256, 512])
  })
})
