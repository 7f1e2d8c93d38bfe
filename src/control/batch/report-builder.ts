import { systemClock } from '../../core/clock.js'
import type { SlipwayError } from '../../core/errors.js'
import type { FinishedOutput, PartitionRecord, RowCounts } from '../../core/table.js'
import type { OutputProfile } from '../../monitoring/output-profile.js'
import { mergeProfiles } from '../../monitoring/output-profile-merge.js'
import { psi } from '../../monitoring/output-profile-psi.js'
import { CodeTally } from '../../targets/batch/code-tally.js'
import { add } from '../../targets/batch/progress-meter.js'
import type { RunReport, RunState, StepTimings } from '../../targets/batch/run-report.js'
import type { PartitionDetails } from '../../targets/batch/score-partition.js'
import type { RunBatchOptions, RunParts } from './run-batch.js'
import { listRuns } from './run-folder.js'
import { withoutPassword } from './source-url.js'

const noTime: StepTimings = { readMs: 0, validateMs: 0, gatherMs: 0, preprocessMs: 0, runMs: 0, postprocessMs: 0, writeMs: 0 }

/** Adds up the records of a run's partitions to its report. */
export class ReportBuilder {
  readonly #options: RunBatchOptions
  readonly #run: RunParts
  readonly #reference: RunReport | null
  readonly #began: number = systemClock.monotonic()
  readonly #badCodes = new CodeTally()
  readonly #rowCodes = new CodeTally()
  #counts: RowCounts = { read: 0, filtered: 0, written: 0, bad: 0, fallback: 0 }
  #readNow = 0
  #profile: OutputProfile = { rows: 0, outputs: {} }
  #timings: StepTimings = noTime
  #partitions = 0
  #resumed = 0
  #peakRss = 0
  workers = 1

  private constructor(options: RunBatchOptions, run: RunParts, reference: RunReport | null) {
    this.#options = options
    this.#run = run
    this.#reference = reference
  }

  /** Looks up the run that this one is compared with: the last complete one of the same name and model. */
  static async open(options: RunBatchOptions, run: RunParts): Promise<ReportBuilder> {
    const reports = await listRuns(options.state)
    const { name } = options.request
    const reference = reports.find(
      (report) => report.state === 'completed' && report.name === name && report.model.name === run.model.identity.name,
    )
    return new ReportBuilder(options, run, reference ?? null)
  }

  record(record: PartitionRecord, earlier: boolean): void {
    const details = record.details as unknown as PartitionDetails
    this.#counts = add(this.#counts, record)
    this.#profile = mergeProfiles(this.#profile, details.profile)
    this.#badCodes.merge(details.badCodes)
    this.#rowCodes.merge(details.rowCodes)
    this.#timings = sum(this.#timings, details.timings)
    this.#partitions++
    if (earlier) this.#resumed++
    else this.#readNow += record.read
  }

  sawRss(bytes: number): void {
    this.#peakRss = Math.max(this.#peakRss, bytes)
  }

  get profile(): OutputProfile {
    return this.#profile
  }

  completed(output: FinishedOutput, quarantine: string | null, stored: RunReport['stored']): RunReport {
    return this.#report('completed', { quarantine, output, stored, error: null })
  }

  ended(state: RunState, error: SlipwayError, quarantine: string | null): RunReport {
    return this.#report(state, { quarantine, output: null, stored: null, error: { code: error.code, message: error.message } })
  }

  #report(state: RunState, end: Pick<RunReport, 'quarantine' | 'output' | 'stored' | 'error'>): RunReport {
    const { request } = this.#options
    const { start, model } = this.#run
    const elapsedMs = Math.round(systemClock.monotonic() - this.#began)
    return {
      run: start.run,
      name: request.name,
      state,
      model: { name: model.identity.name, version: model.identity.version, digest: model.identity.digest },
      fingerprint: start.fingerprint,
      logicalTime: request.logicalTime ?? null,
      from: withoutPassword(request.from),
      to: withoutPassword(request.to),
      startedAt: start.startedAt,
      finishedAt: new Date(systemClock.now()).toISOString(),
      elapsedMs,
      resumedPartitions: this.#resumed,
      partitions: this.#partitions,
      workers: this.workers,
      counts: this.#counts,
      rowsPerSecond: elapsedMs === 0 ? 0 : Math.round((this.#readNow * 1000) / elapsedMs),
      timings: this.#timings,
      badCodes: this.#badCodes.counts(),
      rowCodes: this.#rowCodes.counts(),
      profile: this.#profile,
      reference: this.#referenceOf(),
      peakRssBytes: this.#peakRss,
      repeated: false,
      ...end,
    }
  }

  #referenceOf(): RunReport['reference'] {
    const reference = this.#reference
    if (reference === null) return null
    const names = Object.keys(this.#profile.outputs)
    const values = names.map((name): [string, number | null] => {
      const [then, now] = [reference.profile.outputs[name], this.#profile.outputs[name]!]
      return [name, then === undefined ? null : psi(then, now)]
    })
    return { run: reference.run, profile: reference.profile, psi: Object.fromEntries(values) }
  }
}

function sum(a: StepTimings, b: StepTimings): StepTimings {
  const steps = Object.keys(a) as (keyof StepTimings)[]
  return Object.fromEntries(steps.map((step) => [step, a[step] + b[step]])) as unknown as StepTimings
}
