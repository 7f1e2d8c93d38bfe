import type { ErrorCode } from '../core/errors.js'
import type { Frame } from '../core/frame.js'
import type { GuardAction } from '../core/issue.js'
import type { ExecutionTimings } from '../core/ports.js'
import type { InputFrame, Prediction, StageTimings } from '../core/prediction.js'
import { IssueLog } from '../guardrails/issue-log.js'
import { FailureLog } from './failure-log.js'
import type { Gatherer } from './gather.js'
import { createGatherer } from './gather.js'
import type { CompiledGuards } from './guards.js'
import { compileGuards, outputAction } from './guards.js'
import type { IsolatedRun } from './isolate.js'
import { runIsolated } from './isolate.js'
import { judge } from './judge.js'
import type { Ladder } from './ladder.js'
import { createLadder } from './ladder.js'
import { firstFallback, indices, modelSource, Outcome } from './outcome.js'
import type { PredictOptions, PredictorOptions } from './predictor.js'
import type { WaitLimits } from './within.js'
import { within } from './within.js'

const noTime: ExecutionTimings = { preprocessMs: 0, runMs: 0, postprocessMs: 0 }

/** Validate, gather, preprocess, run, postprocess, return: what happens to the rows of one frame. */
export class SixSteps {
  readonly #options: PredictorOptions
  readonly #guards: CompiledGuards
  readonly #gatherer: Gatherer | null
  readonly #ladder: Ladder
  readonly #sourceNames: readonly string[]
  readonly #failures: FailureLog

  constructor(options: PredictorOptions) {
    const { definition, logger, clock, identity, observer } = options
    this.#options = options
    this.#failures = new FailureLog({ logger, clock, identity, count: (step, code, rows) => observer?.failed?.(step, code, rows) })
    this.#guards = compileGuards(definition, (rule, error) => this.#failures.report(`cross:${rule}`, 1, error))
    this.#gatherer = createGatherer({
      definition,
      features: options.features ?? null,
      onFailure: definition.guard.onFail ?? this.#lastResort,
      onError: (table, error) => this.#failures.report(`gather:${table}`, 0, error),
    })
    this.#ladder = createLadder({
      definition,
      executors: options.fallbackExecutors ?? [],
      outputGuard: this.#guards.output,
      onError: (name, rows, error) => this.#failures.report(`fallback:${name}`, rows, error),
    })
    this.#sourceNames = ['none', 'model', ...this.#ladder.names.map((name) => `fallback:${name}`)]
  }

  async predict(input: InputFrame, options: PredictOptions): Promise<Prediction> {
    const { clock } = this.#options
    const start = clock.monotonic()
    const limits = new Limits(this.#options, start, options)
    const log = new IssueLog(input.issues)
    this.#guards.before(input.frame, log)
    if (this.#gatherer === null) this.#guards.cross(input.frame, log)
    const validated = clock.monotonic()
    const frame = this.#gatherer === null ? input.frame : await this.#gather(this.#gatherer, input.frame, log, limits)
    const outcome = new Outcome(frame, log)
    const gathered = clock.monotonic()
    const timings = await this.#run(outcome, limits)
    const ran = clock.monotonic()
    await this.#fallBack(outcome, limits)
    const answered = clock.monotonic()
    const stages = { validateMs: validated - start, gatherMs: gathered - validated, ...timings }
    return this.#return(outcome, { ...stages, postprocessMs: timings.postprocessMs + answered - ran, returnMs: answered })
  }

  async fallback(input: InputFrame, code: ErrorCode, unchecked: boolean): Promise<Prediction> {
    const { clock } = this.#options
    const start = clock.monotonic()
    const log = new IssueLog(unchecked ? [] : input.issues)
    if (!unchecked) this.#check(input.frame, log)
    const validated = clock.monotonic()
    const outcome = new Outcome(input.frame, log)
    for (const row of outcome.runnable() ?? indices(input.frame.length)) this.#note(outcome, row, code, 'the model was not asked')
    await this.#fallBack(outcome, new Limits(this.#options, start, {}))
    const answered = clock.monotonic()
    return this.#return(outcome, {
      ...noTime,
      validateMs: validated - start,
      gatherMs: 0,
      postprocessMs: answered - validated,
      returnMs: answered,
    })
  }

  #check(frame: Frame, log: IssueLog): void {
    this.#guards.before(frame, log)
    this.#guards.after(frame, log)
    if (this.#gatherer === null) this.#guards.cross(frame, log)
  }

  async #gather(gatherer: Gatherer, frame: Frame, log: IssueLog, limits: Limits): Promise<Frame> {
    const filled = await gatherer(frame, log, limits.ofGather())
    this.#guards.after(filled, log)
    this.#guards.cross(filled, log)
    return filled
  }

  /** Runs the rows that may be run, and puts their outputs through the output checks. */
  async #run(outcome: Outcome, limits: Limits): Promise<ExecutionTimings> {
    const { executor } = this.#options
    const rows = outcome.runnable()
    if (rows?.length === 0 || outcome.frame.length === 0) return noTime
    const onLateFailure = (error: unknown): void => this.#failures.report('execute', rows?.length ?? outcome.frame.length, error)
    const waited = await within({ ...limits.ofModel(), onLateFailure }, (signal) => runIsolated(executor, outcome.frame, rows, signal))
    if (waited.kind === 'done') return this.#settle(outcome, waited.value)
    const [code, message] =
      waited.kind === 'late' ? (['DEADLINE', limits.late] as const) : (['CANCELLED', 'the call was given up'] as const)
    for (const row of rows ?? indices(outcome.frame.length)) this.#note(outcome, row, code, message)
    return noTime
  }

  #settle(outcome: Outcome, run: IsolatedRun): ExecutionTimings {
    const { clock } = this.#options
    const start = clock.monotonic()
    for (const { rows, error } of run.failures) {
      this.#failures.report('execute', rows.length, error)
      for (const row of rows) this.#note(outcome, row, error.code, error.message)
    }
    for (const part of run.parts) {
      const { passed, issues } = judge(part, this.#guards.output)
      for (const issue of issues) outcome.log.add(issue)
      if (passed !== null) outcome.settle(modelSource, passed)
    }
    return { ...run.timings, postprocessMs: run.timings.postprocessMs + clock.monotonic() - start }
  }

  async #fallBack(outcome: Outcome, limits: Limits): Promise<void> {
    const rows = outcome.waiting()
    if (rows.length === 0) return
    const { answers, failed } = await this.#ladder.answer(outcome.frame, rows, limits.ofFallback())
    for (const { step, part, issues } of answers) {
      for (const issue of issues) outcome.log.add(issue)
      outcome.settle(firstFallback + step, part)
    }
    const message = `no fallback could answer: ${this.#ladder.names.join(', ')}`
    for (const row of failed) outcome.log.add({ row, code: 'FALLBACK_FAILED', field: null, message, action: 'reject' })
  }

  /** `timings.returnMs` holds when the step began. */
  #return(outcome: Outcome, timings: StageTimings): Prediction {
    const { definition, identity, clock, ids, observer } = this.#options
    const frame = outcome.assemble(definition.output)
    const prediction: Prediction = {
      length: frame.length,
      frame,
      sourceNames: this.#sourceNames,
      sources: outcome.sources,
      issues: outcome.log.byRow,
      idPrefix: ids(),
      model: identity,
      timings: { ...timings, returnMs: clock.monotonic() - timings.returnMs },
    }
    observer?.predicted?.(prediction)
    return prediction
  }

  get #lastResort(): GuardAction {
    return this.#options.definition.fallback.length > 0 ? 'fallback' : 'reject'
  }

  /** Notes why the model has no answer for a row; with it goes where the row is sent. */
  #note(outcome: Outcome, row: number, code: ErrorCode, message: string): void {
    outcome.log.add({ row, code, field: null, message, action: this.#actionFor(code) })
  }

  #actionFor(code: ErrorCode): GuardAction {
    const { definition } = this.#options
    if (code === 'CANCELLED') return 'reject'
    const action = code.startsWith('OUTPUT_')
      ? outputAction(definition)
      : code.startsWith('INPUT_')
        ? (definition.guard.onFail ?? 'reject')
        : 'fallback'
    // A warning is no answer.
    return action === 'reject' ? action : this.#lastResort
  }
}

/** How long each step may take. */
class Limits {
  readonly #options: PredictorOptions
  readonly #deadline: number | null
  readonly #signal: AbortSignal | undefined
  /** What a row is told that came too late. */
  readonly late: string

  constructor(options: PredictorOptions, start: number, { signal, deadlineAt, ignoreDeadline }: PredictOptions) {
    const { deadlineMs } = options.definition.guard
    const own = deadlineMs === undefined || ignoreDeadline === true ? Infinity : start + deadlineMs
    const deadline = Math.min(own, deadlineAt ?? Infinity)
    this.#options = options
    this.#deadline = deadline === Infinity ? null : deadline
    this.#signal = signal
    this.late = `the model did not answer within ${Math.max(0, Math.round(deadline - start))} ms`
  }

  ofModel(): WaitLimits {
    return { ms: this.#remaining(), signal: this.#signal }
  }

  ofGather(): WaitLimits {
    return { ms: Math.min(this.#remaining() ?? Infinity, this.#options.gatherTimeoutMs ?? 1000), signal: this.#signal }
  }

  ofFallback(): WaitLimits {
    const { fallbackGraceMs = 20, fallbackTimeoutMs = 1000 } = this.#options
    return { ms: Math.max(fallbackGraceMs, this.#remaining() ?? fallbackTimeoutMs) }
  }

  #remaining(): number | null {
    return this.#deadline === null ? null : this.#deadline - this.#options.clock.monotonic()
  }
}
