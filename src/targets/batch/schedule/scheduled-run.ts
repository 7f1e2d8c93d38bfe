import { toSlipwayError } from '../../../core/errors.js'
import type { RunTime, Timers } from './schedule-ports.js'
import type { RunOutcome } from './schedule-state.js'

/** Why a run is ended before it is through. */
export type EndReason = 'closing' | 'replaced' | 'too-long'

/** The run of one logical time, from its start to its outcome. */
export class ScheduledRun {
  readonly #abort = new AbortController()
  readonly #maxRunMs: number | null
  #reason: EndReason | null = null
  /** Resolves when `onEnd` has been called; never rejects. */
  readonly done: Promise<void>

  constructor(
    logicalTime: string,
    options: { readonly run: RunTime; readonly timers: Timers; readonly maxRunMs: number | null },
    onEnd: (outcome: RunOutcome) => void,
  ) {
    const { run, timers, maxRunMs } = options
    this.#maxRunMs = maxRunMs
    const cancel = maxRunMs === null ? () => {} : timers.after(maxRunMs, () => this.end('too-long'))
    this.done = this.#outcome(logicalTime, run).finally(cancel).then(onEnd)
  }

  /** Asks the run to end; the first reason counts. */
  end(reason: EndReason): void {
    this.#reason ??= reason
    this.#abort.abort()
  }

  async #outcome(logicalTime: string, run: RunTime): Promise<RunOutcome> {
    let error = { code: 'INTERNAL', message: 'the run did not end as it should' }
    try {
      const report = await run(logicalTime, { signal: this.#abort.signal })
      if (report.state === 'completed') return { kind: 'completed' }
      error = report.error ?? { ...error, message: `the run is ${report.state}` }
    } catch (thrown) {
      const { code, message } = toSlipwayError(thrown)
      error = { code, message }
    }
    if (this.#reason === 'closing') return { kind: 'interrupted' }
    if (this.#reason === 'replaced') return { kind: 'replaced' }
    if (this.#reason === 'too-long')
      return { kind: 'failed', code: 'DEADLINE', message: `it took longer than maxRunMs (${this.#maxRunMs})` }
    return { kind: 'failed', ...error }
  }
}
