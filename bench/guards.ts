// The guard chain of one row: 20 features of every kind, input checks with a rule over two fields, and output checks.
//   npx tsx bench/guards.ts [--json] [--rows N]
import { category, integer, number, text, timestamp } from '../src/core/fields.js'
import type { Field } from '../src/core/field.js'
import { createFrameBuilder } from '../src/core/frame-builder.js'
import type { Frame } from '../src/core/frame.js'
import { compileInputGuard } from '../src/guardrails/input-guard.js'
import { IssueLog } from '../src/guardrails/issue-log.js'
import { compileOutputGuard } from '../src/guardrails/output-guard.js'

const rows = Number(argument('--rows') ?? 1)
const rounds = 200_000
const features: Record<string, Field> = {}
for (let i = 0; i < 12; i++) features[`n${i}`] = number({ min: -1e6, max: 1e6 })
for (let i = 0; i < 3; i++) features[`i${i}`] = integer({ min: 0, max: 1_000_000 })
for (let i = 0; i < 3; i++) features[`c${i}`] = category(['DE', 'FR', 'US', 'GB', 'ES'])
features['note'] = text({ maxLength: 200, pattern: /^[\w ]*$/ })
features['at'] = timestamp({ min: '2000-01-01', max: '2100-01-01' })

const guardInput = compileInputGuard(features, {
  onFail: 'reject',
  cross: [{ name: 'order', test: (row: { n0: number; n1: number }) => row.n0 <= row.n1, action: 'reject' }],
})
const guardOutput = compileOutputGuard({ probability: number({ min: 0, max: 1 }) }, { onFail: 'fallback' })

const good = inputFrame({})
const bad = inputFrame({ n3: 1e9, c1: 'XX' })
const output: Frame = {
  length: rows,
  columns: { probability: { dtype: 'float64', shape: [], data: new Float64Array(rows).fill(0.25), validity: null } },
}

const report = { features: Object.keys(features).length, rows, unit: 'us', good: measure(good, false), twoFindings: measure(bad, true) }
if (process.argv.includes('--json')) console.log(JSON.stringify(report))
else console.table({ good: report.good, 'two findings': report.twoFindings })

function inputFrame(change: Readonly<Record<string, unknown>>): Frame {
  const builder = createFrameBuilder(features, { unknownFields: 'reject', defaultAction: 'reject' })
  for (let row = 0; row < rows; row++) {
    const values = Object.entries(features).map(([name, { kind }], i) => [name, kind === 'number' ? i * 1.5 : sample(kind)] as const)
    builder.appendRow({ ...Object.fromEntries(values), ...change })
  }
  return builder.build().frame
}

function sample(kind: Field['kind']): unknown {
  return kind === 'integer' ? 7 : kind === 'category' ? 'ES' : kind === 'text' ? 'paid at the counter' : '2024-05-01T12:00:00Z'
}

function measure(frame: Frame, expectFindings: boolean): { p50: number; p99: number; mean: number } {
  const times = new Float64Array(rounds)
  let found = 0
  for (let round = -20_000; round < rounds; round++) {
    const start = performance.now()
    const log = new IssueLog()
    guardInput(frame, log)
    guardOutput(output, log)
    const elapsed = (performance.now() - start) * 1000
    if (round >= 0) times[round] = elapsed
    if (log.byRow !== null) found++
  }
  if (found > 0 !== expectFindings) throw new Error(`findings in ${found} rounds`)
  times.sort()
  const at = (share: number): number => Number(times[Math.floor(rounds * share)]!.toFixed(3))
  return { p50: at(0.5), p99: at(0.99), mean: Number((times.reduce((sum, time) => sum + time, 0) / rounds).toFixed(3)) }
}

function argument(name: string): string | undefined {
  const index = process.argv.indexOf(name)
  return index < 0 ? undefined : process.argv[index + 1]
}
