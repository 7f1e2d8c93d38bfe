import { category, number } from '../../src/core/fields.js'
import { psi } from '../../src/monitoring/output-profile-psi.js'
import type { OutputProfile } from '../../src/monitoring/output-profile.js'
import { createOutputProfiler } from '../../src/monitoring/output-profiler.js'
import type { RunReport } from '../../src/targets/batch/run-report.js'

const rows = 40_000
const labels = ['approve', 'review', 'decline', 'ask for papers']

/** The report of a nightly run with all that a report can have, its outputs drawn from distributions that moved a little since the run before. */
export function sampleReport(): RunReport {
  const profile = profileOf(1, 0.28, [0.55, 0.8, 0.97])
  const reference = profileOf(7, 0.25, [0.7, 0.9, 0.985])
  const names = Object.keys(profile.outputs)
  return {
    run: '20260302T020000-fraud-7c1e',
    name: 'nightly',
    state: 'completed',
    model: { name: 'fraud', version: '3', digest: `sha256:${'4be1'.repeat(16)}` },
    fingerprint: `sha256:${'90ac'.repeat(16)}`,
    logicalTime: '2026-03-02T02:00:00.000Z',
    from: 'exports/transactions-2026-03-01.parquet',
    to: 'stored',
    startedAt: '2026-03-02T02:00:07.214Z',
    finishedAt: '2026-03-02T02:00:15.980Z',
    elapsedMs: 8766,
    resumedPartitions: 3,
    partitions: 48,
    workers: 4,
    counts: { read: 12_004_127, filtered: 41_210, written: 11_960_000, bad: 2917, fallback: 18_204 },
    rowsPerSecond: 1_369_396,
    timings: {
      readMs: 9120,
      validateMs: 5210,
      gatherMs: 0,
      preprocessMs: 2630,
      runMs: 10_400,
      postprocessMs: 1390,
      writeMs: 4480,
    },
    badCodes: [
      { code: 'ROW_MALFORMED', rows: 2114, example: 'the record has 21 cells where the header has 22' },
      { code: 'INPUT_TYPE:amount', rows: 790, example: '`amount` must be a number, received the text "n/a"' },
      { code: 'KEY_DUPLICATE', rows: 13, example: 'the key `t-4410021` is there already' },
    ],
    rowCodes: [{ code: 'INPUT_RANGE:amount', rows: 18_204, example: '`amount` must be at most 50000, received 61200' }],
    profile,
    reference: {
      run: '20260301T020000-fraud-19d0',
      profile: reference,
      psi: Object.fromEntries(names.map((name) => [name, psi(reference.outputs[name]!, profile.outputs[name]!)])),
    },
    quarantine: '.slipway/runs/20260302T020000-fraud-7c1e/quarantine.jsonl',
    output: { location: 'sqlite:.slipway/stored.sqlite', rows: 11_960_000, bytes: 1_284_000_000 },
    stored: { set: '20260302T020000-fraud-7c1e', gate: 'passed', flipped: true, reasons: [] },
    peakRssBytes: 412_300_000,
    repeated: false,
    error: null,
  }
}

function profileOf(seed: number, shift: number, bounds: readonly number[]): OutputProfile {
  const next = generator(seed)
  const probability = new Float64Array(rows)
  const amount = new Float64Array(rows)
  const validity = new Uint8Array(rows).fill(1)
  const decision: string[] = []
  for (let row = 0; row < rows; row++) {
    const [u, v, w, draw] = [next(), next(), next(), next()]
    const normal = Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v)
    probability[row] = 1 / (1 + Math.exp(-(w < shift ? 2.2 + normal : -2.4 + 0.9 * normal)))
    amount[row] = Math.exp(6 + 0.7 * normal + shift)
    validity[row] = row % 200 === 0 ? 0 : 1
    decision.push(labels[bounds.filter((bound) => draw > bound).length]!)
  }
  const profiler = createOutputProfiler({ probability: number(), expectedLoss: number({ optional: true }), decision: category(labels) })
  const columns = {
    probability: { dtype: 'float64' as const, shape: [], data: probability, validity: null },
    expectedLoss: { dtype: 'float64' as const, shape: [], data: amount, validity },
    decision: { dtype: 'string' as const, shape: [], data: decision, validity: null },
  }
  profiler.add({ length: rows, columns }, null)
  return times(profiler.profile(), 299)
}

/** A profile as if every row had come so many times. */
function times({ rows, outputs }: OutputProfile, factor: number): OutputProfile {
  const grown = (counts: Readonly<Record<string, number>>): Record<string, number> =>
    Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count * factor]))
  const scaled = Object.entries(outputs).map(([name, output]) => {
    const counts = { count: output.count * factor, missing: output.missing * factor }
    if (output.kind === 'category') return [name, { ...output, ...counts, values: grown(output.values) }] as const
    return [name, { ...output, ...counts, m2: output.m2 * factor, bins: grown(output.bins) }] as const
  })
  return { rows: rows * factor, outputs: Object.fromEntries(scaled) }
}

/** Numbers above 0 and at most 1, the same for the same seed (mulberry32). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 1) / 2 ** 32
  }
}
