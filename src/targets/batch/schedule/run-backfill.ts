import { toSlipwayError } from '../../../core/errors.js'
import type { RunReport, RunState } from '../run-report.js'
import type { PlannedTime } from './backfill-plan.js'

/** What became of one logical time of a backfill. */
export interface BackfilledTime {
  readonly logicalTime: string
  /** `not-started`: the backfill was ended before its turn. */
  readonly state: RunState | 'not-started'
  readonly report: RunReport | null
  readonly error: { readonly code: string; readonly message: string } | null
}

export interface BackfillOptions {
  /** Runs at a time. */
  readonly maxActive: number
  readonly run: (planned: PlannedTime, options: { readonly signal: AbortSignal }) => Promise<RunReport>
  readonly signal: AbortSignal
  readonly onStart?: (planned: PlannedTime) => void
  readonly onEnd?: (time: BackfilledTime) => void
}

/** Runs what a plan says is to be run, in its order. A time that fails does not stop the others; the answers come in the order of the plan. */
export async function runBackfill(plan: readonly PlannedTime[], options: BackfillOptions): Promise<readonly BackfilledTime[]> {
  const wanted = plan.filter(({ action }) => action === 'run')
  const results: BackfilledTime[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    while (next < wanted.length) {
      const index = next++
      results[index] = await runOne(wanted[index]!, options)
    }
  }
  await Promise.all(Array.from({ length: Math.min(options.maxActive, wanted.length) }, worker))
  return results
}

async function runOne(planned: PlannedTime, options: BackfillOptions): Promise<BackfilledTime> {
  const { logicalTime } = planned
  if (options.signal.aborted) return { logicalTime, state: 'not-started', report: null, error: null }
  options.onStart?.(planned)
  const time = await options.run(planned, { signal: options.signal }).then(
    (report): BackfilledTime => ({ logicalTime, state: report.state, report, error: report.error }),
    (thrown: unknown): BackfilledTime => {
      const { code, message } = toSlipwayError(thrown)
      return { logicalTime, state: 'failed', report: null, error: { code, message } }
    },
  )
  options.onEnd?.(time)
  return time
}
