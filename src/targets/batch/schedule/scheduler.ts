import { toSlipwayError } from '../../../core/errors.js'
import type { Clock, Logger } from '../../../core/ports.js'
import type { ScheduleMetrics } from './schedule-metrics.js'
import type { RunTime, ScheduleAlert, ScheduleLock, ScheduleStore, Timers } from './schedule-ports.js'
import { nextTime, type ScheduleSpec } from './schedule-spec.js'
import { ended, newState, reopened, type RunOutcome, type ScheduleState, started } from './schedule-state.js'
import { ScheduledRun } from './scheduled-run.js'
import { type DueStep, nextLook, takeDue } from './take-due.js'

/** The clock is looked at this often at least: it may have been set, or the machine may have slept. */
const longestWaitMs = 60_000

export interface SchedulerOptions {
  readonly spec: ScheduleSpec
  readonly store: ScheduleStore
  readonly run: RunTime
  readonly clock: Clock
  readonly timers: Timers
  readonly logger: Logger
  readonly metrics: ScheduleMetrics | null
  /** Told beside the log; what it rejects with is logged. */
  readonly alert: ((alert: ScheduleAlert) => Promise<void>) | null
}

/**
 * Runs one batch when its schedule says so. What it does is written down before it is done, so that after a restart, or a kill at any moment, no
 * logical time is forgotten or completed twice. Waits while another process has the schedule, and takes over when that ends.
 */
export class Scheduler {
  readonly #options: SchedulerOptions
  #lock: ScheduleLock | null = null
  #state: ScheduleState | null = null
  #next: number | null = null
  #run: ScheduledRun | null = null
  #outcome: RunOutcome | null = null
  #cancelTimer: () => void = () => {}
  #turns: Promise<void> = Promise.resolve()
  #queuedTurns = 0
  #closing = false

  constructor(options: SchedulerOptions) {
    this.#options = options
  }

  /** Takes the schedule up, and does what is due. Resolves to false while another process has it. */
  async open(): Promise<boolean> {
    await this.#takeUp()
    await this.#turn()
    return this.#lock !== null
  }

  /** Null while another process has the schedule. */
  get state(): ScheduleState | null {
    return this.#state
  }

  /** The next logical time, epoch milliseconds. */
  get next(): number | null {
    return this.#state === null ? nextTime(this.#options.spec, this.#options.clock.now()) : this.#next
  }

  /** Resolves when nothing runs, nothing waits, and everything is written down, as far as it can be. */
  async idle(): Promise<void> {
    for (;;) {
      const turns = this.#turns
      await turns
      await this.#run?.done
      if (turns === this.#turns && (this.#run === null || this.#outcome !== null)) return
    }
  }

  /** Resolves when the clock has been looked at and what came of it is written down; runs may go on. */
  async settled(): Promise<void> {
    for (let turns: Promise<void> | null = null; turns !== this.#turns;) {
      turns = this.#turns
      await turns
    }
  }

  /** Ends the run under way so that the next scheduler goes on with it, and gives the schedule back. */
  async close(): Promise<void> {
    this.#closing = true
    this.#cancelTimer()
    this.#run?.end('closing')
    await this.idle()
    await this.#lock?.release()
    this.#lock = null
  }

  async #takeUp(): Promise<void> {
    const { spec, store, clock, logger } = this.#options
    this.#lock = await store.lock()
    if (this.#lock === null) return logger.debug({ batch: spec.name }, 'another process has the schedule; waiting for it to end')
    const now = clock.now()
    try {
      const kept = await store.read()
      this.#state = kept === null ? newState(spec, now) : reopened(spec, kept, now)
      this.#next = nextTime(spec, Date.parse(this.#state.handledUntil))
      if (this.#state.lastCompleted !== null) this.#options.metrics?.completed(this.#state.lastCompleted)
      await store.write(this.#state)
    } catch (error) {
      this.#state = null
      await this.#lock.release()
      this.#lock = null
      throw error
    }
  }

  /** One look at the clock; looks that are asked for meanwhile are one more. */
  #turn(): Promise<void> {
    if (this.#queuedTurns < 2) {
      this.#queuedTurns++
      this.#turns = this.#turns.then(() => this.#look()).finally(() => this.#queuedTurns--)
    }
    return this.#turns
  }

  async #look(): Promise<void> {
    const { spec, logger } = this.#options
    this.#cancelTimer()
    try {
      if (this.#lock === null && !this.#closing) await this.#takeUp()
      await this.#recordEnd()
      if (!this.#closing) {
        await this.#takeDue()
        await this.#startWaiting()
      }
    } catch (error) {
      // Nothing was started that is not written down: the next look does it all again.
      logger.error({ batch: spec.name, err: error }, 'the state of the schedule cannot be kept; trying again within a minute')
    }
    this.#setTimer()
  }

  #setTimer(): void {
    const { spec, clock, timers } = this.#options
    if (this.#closing) return
    const look = this.#state === null ? null : nextLook(spec, this.#state, this.#next)
    const delay = look === null ? longestWaitMs : Math.min(longestWaitMs, Math.max(1, look - clock.now()))
    this.#cancelTimer = timers.after(delay, () => this.#wake())
  }

  #wake(): void {
    const { spec, clock } = this.#options
    const look = this.#state === null ? 0 : nextLook(spec, this.#state, this.#next)
    if (this.#outcome === null && this.#state?.waiting.length === 0 && (look === null || look > clock.now())) return this.#setTimer()
    void this.#turn()
  }

  async #save(state: ScheduleState): Promise<void> {
    await this.#options.store.write(state)
    this.#state = state
  }

  async #recordEnd(): Promise<void> {
    const { spec, metrics, logger } = this.#options
    const outcome = this.#outcome
    const logicalTime = this.#state?.running?.logicalTime
    if (outcome === null || this.#state === null || logicalTime === undefined) return
    await this.#save(ended(this.#state, outcome))
    this.#outcome = null
    this.#run = null
    if (outcome.kind === 'interrupted') return logger.info({ batch: spec.name, logicalTime }, 'a run was interrupted; it goes on next time')
    metrics?.count(outcome.kind, 1)
    if (outcome.kind === 'completed') metrics?.completed(logicalTime)
    if (outcome.kind !== 'failed') return logger.info({ batch: spec.name, logicalTime }, `a run was ${outcome.kind}`)
    const message = `${spec.name}: the run for ${logicalTime} failed: ${outcome.message}`
    logger.error({ batch: spec.name, logicalTime, code: outcome.code }, message)
    this.#alert({ event: 'failed', batch: spec.name, logicalTimes: [logicalTime], message })
  }

  async #takeDue(): Promise<void> {
    const { spec, clock } = this.#options
    if (this.#state === null) return
    const now = clock.now()
    const look = nextLook(spec, this.#state, this.#next)
    if (look === null || look > now) return
    const step = takeDue(spec, this.#state, now)
    await this.#save(step.state)
    this.#next = nextTime(spec, Date.parse(step.state.handledUntil))
    if (step.replace) this.#run?.end('replaced')
    this.#tell(step)
  }

  #tell({ skipped, missed, cut }: DueStep): void {
    const { spec, metrics, logger } = this.#options
    if (cut) logger.warn({ batch: spec.name }, 'more than 1000 logical times have passed; the older ones are left out')
    for (const { logicalTime, reason } of skipped) logger.warn({ batch: spec.name, logicalTime, reason }, 'a logical time is skipped')
    if (skipped.length > 0) metrics?.count('skipped', skipped.length)
    if (missed.length === 0) return
    metrics?.count('missed', missed.length)
    const times = missed.length === 1 ? missed[0] : `${missed.length} logical times from ${missed[0]} to ${missed.at(-1)}`
    const message = `${spec.name}: not completed within ${spec.missedAfterMs} ms: ${times}`
    logger.error({ batch: spec.name, logicalTimes: missed }, message)
    this.#alert({ event: 'missed', batch: spec.name, logicalTimes: missed, message })
  }

  async #startWaiting(): Promise<void> {
    const { spec, clock, run, timers, logger } = this.#options
    if (this.#state === null || this.#run !== null || this.#state.waiting.length === 0) return
    const state = started(this.#state, clock.now())
    await this.#save(state)
    // It stands as running, and the next scheduler goes on with it.
    if (this.#closing) return
    const { logicalTime, cause } = state.running
    logger.info({ batch: spec.name, logicalTime, cause }, 'a run starts')
    this.#run = new ScheduledRun(logicalTime, { run, timers, maxRunMs: spec.maxRunMs }, (outcome) => {
      this.#outcome = outcome
      void this.#turn()
    })
  }

  #alert(alert: ScheduleAlert): void {
    const { alert: tell, logger } = this.#options
    tell?.(alert).catch((error: unknown) => {
      logger.error({ batch: alert.batch, code: toSlipwayError(error).code, err: error }, 'the alert could not be delivered')
    })
  }
}
