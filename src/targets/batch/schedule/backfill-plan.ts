import type { RunState } from '../run-report.js'

/** Which logical times of a backfill are run: those that never were, those and the ones that failed, or all again (Airflow's reprocess behaviours). */
export type Reprocess = 'none' | 'failed' | 'completed'

/** A run that is known of, newest first in lists. */
export interface EarlierRun {
  readonly logicalTime: string
  readonly state: RunState
}

export interface PlannedTime {
  /** ISO. */
  readonly logicalTime: string
  /** State of the newest run of it; null when it never ran. */
  readonly earlier: RunState | null
  readonly action: 'run' | 'skip'
  /** Why it is run or not, in words. */
  readonly reason: string
  /** Its output is there and is made anew. */
  readonly again: boolean
}

/** What a backfill over `times` (ISO, in order) does, in the order in which it does it. Times later than `now` are left to the schedule. */
export function planBackfill(
  times: readonly string[],
  earlier: readonly EarlierRun[],
  options: { readonly reprocess: Reprocess; readonly reverse: boolean; readonly now: number },
): readonly PlannedTime[] {
  const states = new Map(earlier.toReversed().map(({ logicalTime, state }) => [logicalTime, state]))
  const planned = times.map((logicalTime): PlannedTime => {
    const state = states.get(logicalTime) ?? null
    const future = Date.parse(logicalTime) > options.now
    const [action, reason] = future ? (['skip', 'still to come'] as const) : decide(state, options.reprocess)
    return { logicalTime, earlier: state, action, reason, again: action === 'run' && state === 'completed' }
  })
  return options.reverse ? planned.toReversed() : planned
}

function decide(state: RunState | null, reprocess: Reprocess): readonly ['run' | 'skip', string] {
  switch (state) {
    case null:
      return ['run', 'never run']
    case 'completed':
      return reprocess === 'completed' ? ['run', 'completed; run again'] : ['skip', 'completed; --reprocess completed runs it again']
    case 'running':
      return ['skip', 'runs now']
    case 'failed':
    case 'aborted':
    case 'interrupted':
      return reprocess === 'none' ? ['skip', `${state}; --reprocess failed goes on with it`] : ['run', `${state}; goes on`]
  }
}
