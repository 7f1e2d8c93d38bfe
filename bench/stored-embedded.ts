import { setImmediate as nextTurn } from 'node:timers/promises'
import type { StoredSets } from '../src/core/stored-sets.js'
import { median } from './processes.js'
import { percentile, progress, rounded } from './stored-figures.js'
import type { MixedReads } from './stored-mixed.js'
import type { Belongings } from './stored-processes.js'
import { keyOf, model, randomNumbers, setId, setOfValue } from './stored-rows.js'

export interface PointReads {
  readonly readsPerSecond: number
  readonly p50Us: number
  readonly p99Us: number
}

export interface Flips {
  readonly flips: number
  readonly medianMs: number
  readonly p99Ms: number
}

/** Time is taken of one read in eight: reading the clock costs a part of the fastest ones. */
const timedEvery = 8

/** Reads single keys at once, evenly drawn from all; medians of the rounds. Making the key counts as part of the read. */
export function measurePointReads(store: StoredSets, options: { keys: number; rounds: number; seconds: number }): PointReads {
  const { keys, rounds, seconds } = options
  const runs: PointReads[] = []
  readFor(store, keys, 1)
  for (let round = 1; round <= rounds; round++) {
    const run = readFor(store, keys, seconds, round)
    runs.push(run)
    progress(`  point reads, round ${round}/${rounds}: ${run.readsPerSecond}/s, p99 ${run.p99Us} us`)
  }
  const of = (key: keyof PointReads): number => rounded(median(runs.map((run) => run[key])))
  return { readsPerSecond: Math.round(of('readsPerSecond')), p50Us: of('p50Us'), p99Us: of('p99Us') }
}

function readFor(store: StoredSets, keys: number, seconds: number, seed = 0): PointReads {
  const random = randomNumbers(seed)
  const timesUs: number[] = []
  const start = performance.now()
  const end = start + seconds * 1_000
  let reads = 0
  for (let now = start; now < end;) {
    for (let i = 1; i < timedEvery; i++) readOne(store, random(keys))
    const before = performance.now()
    readOne(store, random(keys))
    now = performance.now()
    timesUs.push((now - before) * 1_000)
    reads += timedEvery
  }
  const elapsed = (performance.now() - start) / 1_000
  return {
    readsPerSecond: Math.round(reads / elapsed),
    p50Us: rounded(percentile(timesUs, 0.5)),
    p99Us: rounded(percentile(timesUs, 0.99)),
  }
}

function readOne(store: StoredSets, i: number): void {
  const { set, values } = store.readNow!(model, [keyOf(i)])
  if (values[0] === null || values[0] === undefined || setOfValue(values[0]) !== set?.id) throw new Error(`${keyOf(i)}: ${values[0]}`)
}

/** Moves the pointer to and fro between the two sets; how long each move takes until it is durable. */
export async function measureFlips(store: StoredSets, count: number): Promise<Flips> {
  const timesMs: number[] = []
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    await flipTo(store, i % 2 === 0 ? 2 : 1)
    timesMs.push(performance.now() - start)
  }
  return { flips: count, medianMs: rounded(percentile(timesMs, 0.5)), p99Ms: rounded(percentile(timesMs, 0.99)) }
}

export async function flipTo(store: StoredSets, set: 1 | 2): Promise<void> {
  await store.flip({ model, set: setId(set), kind: 'flip', by: 'bench', reason: '' })
}

export interface MixedOptions {
  readonly url: string
  readonly reads: number
  readonly batch: number
  readonly keys: number
  readonly core: number
  readonly limitMs: number
}

/** Another process reads many keys at a time while this one flips without pause. */
export async function measureMixed(
  belongings: Belongings,
  store: StoredSets,
  { core, ...task }: MixedOptions,
): Promise<MixedReads & { readonly flips: number }> {
  const args = ['--import', 'tsx', 'bench/stored-mixed.ts', JSON.stringify(task)]
  const state = { isReading: true }
  const reader = belongings.run({ core, command: process.execPath, args }, task.limitMs + 60_000).finally(() => (state.isReading = false))
  let flips = 0
  const flipping = (async () => {
    for (; state.isReading; await nextTurn()) await flipTo(store, flips++ % 2 === 0 ? 2 : 1)
  })()
  const [output] = await Promise.all([reader, flipping])
  await flipTo(store, 1)
  return { ...(JSON.parse(output) as MixedReads), flips }
}
