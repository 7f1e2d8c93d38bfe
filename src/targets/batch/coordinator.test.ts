import { describe, expect, it } from 'vitest'
import { SlipwayError } from '../../core/errors.js'
import type { Partition, PartitionRecord } from '../../core/table.js'
import { coordinate, type CoordinatorOptions, type Scorer } from './coordinator.js'

const partition = (index: number): Partition => ({ index, file: 0, start: index * 10, end: index * 10 + 10 })
const record = (index: number): PartitionRecord => ({
  partition: partition(index),
  read: 10,
  filtered: 0,
  written: 10,
  bad: 0,
  fallback: 0,
  bytes: 1,
  checksum: '',
  details: {},
})

async function* partitions(count: number): AsyncGenerator<Partition> {
  for (let index = 0; index < count; index++) yield partition(index)
}

function options(scorers: readonly Scorer[], over: Partial<CoordinatorOptions> = {}): CoordinatorOptions {
  return {
    partitions: partitions(6),
    committed: [],
    scorers,
    signal: new AbortController().signal,
    onRecord: () => {},
    onProgress: () => {},
    onPlanned: () => {},
    look: async () => null,
    pause: async () => {},
    ...over,
  }
}

const scorer = (score: Scorer['score']): Scorer => ({ score, close: async () => {} })

describe('the coordinator', () => {
  it('has every partition scored once, by whichever scorer is free', async () => {
    const scored: number[] = []
    const make = (): Scorer =>
      scorer(async ({ index }) => {
        scored.push(index)
        return record(index)
      })
    const planned: number[] = []
    const records = await coordinate(options([make(), make()], { onPlanned: (count) => planned.push(count) }))
    expect(scored.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5])
    expect(records.map((each) => each.partition.index)).toEqual([0, 1, 2, 3, 4, 5])
    expect(planned).toEqual([6])
  })

  it('leaves what an earlier attempt committed', async () => {
    const scored: number[] = []
    const one = scorer(async ({ index }) => {
      scored.push(index)
      return record(index)
    })
    const records = await coordinate(options([one], { committed: [record(1), record(4)] }))
    expect(scored).toEqual([0, 2, 3, 5])
    expect(records).toHaveLength(6)
  })

  it('refuses to go on when the partitions were cut elsewhere', async () => {
    const moved = { ...record(1), partition: { ...partition(1), end: 99 } }
    const one = scorer(async ({ index }) => record(index))
    await expect(coordinate(options([one], { committed: [moved] }))).rejects.toMatchObject({ code: 'RUN_MISMATCH' })
  })

  it('commits in order where the scorers ask for their turn', async () => {
    const committed: number[] = []
    const make = (): Scorer =>
      scorer(async ({ index }, { turn }) => {
        await turn()
        committed.push(index)
        return record(index)
      })
    await coordinate(options([make(), make(), make()], { committed: [record(2)] }))
    expect(committed).toEqual([0, 1, 3, 4, 5])
  })

  it('tries a partition again after a failure that may pass, and looks whether it was committed after all', async () => {
    let failures = 0
    const one = scorer(async ({ index }) => {
      if (index === 2 && failures++ < 2) throw new SlipwayError('WORKER_LOST', 'gone')
      return record(index)
    })
    const pauses: number[] = []
    await coordinate(options([one], { pause: async (attempt) => void pauses.push(attempt) }))
    expect(pauses).toEqual([1, 2])
    const always = scorer(async ({ index }) => {
      if (index === 2) throw new SlipwayError('SINK_FAILED', 'connection lost')
      return record(index)
    })
    const records = await coordinate(options([always], { look: async (index) => record(index) }))
    expect(records).toHaveLength(6)
  })

  it('gives up after three tries with the reason, and at once where trying does not help', async () => {
    let calls = 0
    const failing = (code: 'WORKER_LOST' | 'SOURCE_INVALID'): Scorer =>
      scorer(async () => {
        calls++
        throw new SlipwayError(code, 'why')
      })
    await expect(coordinate(options([failing('WORKER_LOST')]))).rejects.toMatchObject({
      code: 'RUN_FAILED_PARTITION',
      message: 'partition 0 failed 3 times: WORKER_LOST: why',
    })
    expect(calls).toBe(3)
    await expect(coordinate(options([failing('SOURCE_INVALID')]))).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
    expect(calls).toBe(4)
  })

  it('ends when it is interrupted, waiting for nobody', async () => {
    const stop = new AbortController()
    const make = (): Scorer =>
      scorer(async ({ index }, { turn }) => {
        if (index === 1) stop.abort(new SlipwayError('CANCELLED', 'enough'))
        if (index > 0) await turn()
        return record(index)
      })
    await expect(coordinate(options([make(), make()], { signal: stop.signal }))).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('ends the run when a record is too much for its limits', async () => {
    const one = scorer(async ({ index }) => record(index))
    const limit = (): void => {
      throw new SlipwayError('BAD_ROWS', 'too many')
    }
    await expect(coordinate(options([one, one], { onRecord: limit }))).rejects.toMatchObject({ code: 'BAD_ROWS' })
  })

  it('ends the run when what is under way is too much for its limits, though nobody waits for the counts', async () => {
    const counts = { read: 10, filtered: 0, written: 0, bad: 10, fallback: 0 }
    const one = scorer(async ({ index }, { progress, signal }) => {
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => resolve(), { once: true })
        // As the message of another process: what is thrown here would end this one.
        setImmediate(() => progress(counts))
      })
      signal.throwIfAborted()
      return record(index)
    })
    const limit = (_: number, seen: unknown): void => {
      if (seen !== null) throw new SlipwayError('BAD_ROWS', 'too many')
    }
    await expect(coordinate(options([one, one], { onProgress: limit }))).rejects.toMatchObject({ code: 'BAD_ROWS' })
  })
})
