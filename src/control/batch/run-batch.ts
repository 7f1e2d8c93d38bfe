import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { join } from 'node:path'
import { systemClock } from '../../core/clock.js'
import { SlipwayError, toSlipwayError } from '../../core/errors.js'
import type { Logger } from '../../core/ports.js'
import type { FinishedOutput, InputFile, PartitionRecord, RowCounts, TableSink } from '../../core/table.js'
import type { BatchRequest } from '../../targets/batch/batch-request.js'
import { coordinate, type Scorer } from '../../targets/batch/coordinator.js'
import { add, ProgressMeter } from '../../targets/batch/progress-meter.js'
import { mergeQuarantine } from '../../targets/batch/quarantine.js'
import { renderReport } from '../../targets/batch/report/render-report.js'
import { differencesOf, fingerprintOf, type RunIdentity } from '../../targets/batch/run-identity.js'
import type { RunProgress, RunReport } from '../../targets/batch/run-report.js'
import { scorePartition } from '../../targets/batch/score-partition.js'
import { takeLock } from '../schedule/exclusive-lock.js'
import { defaultStore } from '../open-stored-sets.js'
import type { StateDir } from '../state-dir.js'
import { BadRowLimit } from './bad-row-limit.js'
import { inputFiles } from './input-files.js'
import { openScoring } from './open-scoring.js'
import { openSink } from './open-sink.js'
import { createProcessScorer } from './process-scorer.js'
import { ReportBuilder } from './report-builder.js'
import { createRun, removeRun, runFolder, type RunStart, storedRuns, type StoredRun, writeReport } from './run-folder.js'
import {
  allPartitions,
  checkpointOf,
  engineMemoryMb,
  identityOf,
  type RunSetup,
  setUp,
  sinkSpecOf,
  stagingOf,
  workersOf,
} from './run-setup.js'
import { resolveModel, type ResolvedModel } from './resolve-model.js'
import type { ScoringSpec, SinkSpec } from './scoring-spec.js'
import { hasSet, type StoredTarget, storedTargetOf } from './stored-target.js'

export interface RunBatchOptions {
  readonly state: StateDir
  readonly request: BatchRequest
  /** Folder that relative paths start from; the working folder when left out. */
  readonly cwd?: string
  readonly signal?: AbortSignal
  readonly progress?: (progress: RunProgress) => void
  readonly logger: Logger
  /** Who runs it, for journals. */
  readonly by: string
  readonly stdin?: NodeJS.ReadableStream
}

const progressMs = 250
const stallMs = 900_000
const retryMs = 1000

/**
 * Scores what a request names, and goes on with an unfinished run of it. Rejects when no run could start (RUN_MISMATCH, SOURCE_SCHEMA,
 * OUTPUT_EXISTS …); else the report says in what state it ended. A run that is complete already is reported again, and nothing is done.
 */
export async function runBatch(options: RunBatchOptions): Promise<RunReport> {
  const cwd = options.cwd ?? process.cwd()
  const checkpoint = checkpointOf(options.request, cwd)
  const held = await takeLock(join(options.state.root, 'locks'), checkpoint)
  if (held === null) throw new SlipwayError('RUN_ACTIVE', 'another process works on the same output')
  try {
    return await new BatchRun(options, cwd, checkpoint).run()
  } finally {
    await held.release()
  }
}

class BatchRun {
  readonly #options: RunBatchOptions
  readonly #cwd: string
  readonly #checkpoint: string
  readonly #signal: AbortSignal
  readonly #spool: string
  #runs: Promise<readonly StoredRun[]> | null = null

  constructor(options: RunBatchOptions, cwd: string, checkpoint: string) {
    this.#options = options
    this.#cwd = cwd
    this.#checkpoint = checkpoint
    this.#signal = options.signal ?? new AbortController().signal
    this.#spool = join(options.state.root, 'spool', checkpoint)
  }

  async run(): Promise<RunReport> {
    const { request, state } = this.#options
    const plain = sinkSpecOf(request, this.#cwd)
    const model = await resolveModel(state, request.model)
    const unfinished = await this.#unfinished()
    if (request.restart === true && unfinished !== null) await this.#forget(unfinished)
    const files = await this.#inputs()
    const setup = await setUp(request, files, model)
    const identity = identityOf(request, model.identity, files, setup)
    const fingerprint = fingerprintOf(identity)
    const earlier = request.restart === true ? null : unfinished
    if (earlier !== null) refuseDifference(earlier, identity)
    const done = request.restart === true ? null : await this.#completed(fingerprint)
    if (earlier === null && done !== null) {
      // The process may have been killed between its report and this.
      await this.#clean(plain, done.run)
      return { ...done, repeated: true }
    }
    const file = plain === null ? null : await this.#overExisting(plain, earlier !== null)
    const start = earlier?.start ?? (await this.#begin(identity, fingerprint))
    const stored =
      plain === null
        ? storedTargetOf(request, {
            state,
            run: start.run,
            model: model.identity,
            definition: model.definition,
            producedAt: Date.parse(start.startedAt),
          })
        : null
    const spec = file ?? stored!.spec
    return this.#score({ start, files, setup, model, spec, stored, resumed: earlier !== null })
  }

  #inputs(): Promise<readonly InputFile[]> {
    const { request, progress, stdin } = this.#options
    const about = { run: '', name: request.name, model: request.model }
    const meter = new ProgressMeter(systemClock, about, [])
    meter.phase = 'spooling'
    const onRows = (rows: number): void => progress?.({ ...meter.snapshot(), read: rows })
    return inputFiles(request, {
      cwd: this.#cwd,
      spool: this.#spool,
      signal: this.#signal,
      stdin: stdin ?? process.stdin,
      progress: onRows,
    })
  }

  /** The run of the same output that is not complete. */
  async #unfinished(): Promise<StoredRun | null> {
    const runs = await this.#known()
    return runs.find(({ start, report }) => start.checkpoint === this.#checkpoint && report?.state !== 'completed') ?? null
  }

  /** The report of a complete run of the same identity whose output is still there. */
  async #completed(fingerprint: string): Promise<RunReport | null> {
    const runs = await this.#known()
    const same = runs.find(
      ({ start, report }) => start.fingerprint === fingerprint && start.checkpoint === this.#checkpoint && report?.state === 'completed',
    )
    const report = same?.report ?? null
    if (report === null || this.#options.request.to === '-') return null
    const spec = sinkSpecOf(this.#options.request, this.#cwd)
    if ((spec?.kind === 'file' || spec?.kind === 'sqlite') && !existsSync(spec.path)) return null
    if (spec === null && !(await hasSet(this.#options.request.store ?? defaultStore(this.#options.state), report.run))) return null
    // A newer run may have written the same output since.
    const newest = runs.find(({ start, report: other }) => start.checkpoint === this.#checkpoint && other?.state === 'completed')
    return newest === same ? report : null
  }

  async #begin(identity: RunIdentity, fingerprint: string): Promise<RunStart> {
    const { state, request } = this.#options
    const runs = await this.#known()
    const short = fingerprint.slice(0, 12)
    const again = runs.filter(({ start }) => start.run.startsWith(short)).length
    const start: RunStart = {
      run: again === 0 ? short : `${short}-${again + 1}`,
      checkpoint: this.#checkpoint,
      fingerprint,
      identity,
      request: withoutSecrets(request),
      cwd: this.#cwd,
      startedAt: new Date(systemClock.now()).toISOString(),
    }
    await createRun(state, start)
    return start
  }

  /** A file that no earlier run wrote is not replaced unasked. */
  async #overExisting(spec: SinkSpec, resumed: boolean): Promise<SinkSpec> {
    if (spec.kind !== 'file' || spec.existing === 'replace' || !existsSync(spec.path)) return spec
    const runs = await this.#known()
    if (runs.some(({ report }) => report?.output?.location === spec.path)) return { ...spec, existing: 'replace' }
    // What stands there may be what this very run published before it was stopped: the sink knows.
    if (resumed) return spec
    throw new SlipwayError('OUTPUT_EXISTS', `${this.#options.request.to} is there already, and no run wrote it`)
  }

  async #forget({ start }: StoredRun): Promise<void> {
    const { state, request } = this.#options
    const { name, version, digest } = start.identity.model
    const set = { id: start.run, model: name, version, digest, producedAt: Date.parse(start.startedAt) }
    const spec: SinkSpec = sinkSpecOf({ ...start.request, to: request.to }, start.cwd) ?? {
      kind: 'stored',
      store: request.store ?? defaultStore(state),
      set,
      policy: null,
    }
    const staging = stagingOf(spec, runFolder(state, start.run), start.run)
    const sink = await openSink(spec, { run: start.run, columns: [], outputs: [], staging, memoryMb: engineMemoryMb })
    try {
      await sink.discard()
    } finally {
      await sink.close()
    }
    await removeRun(state, start.run)
    await rm(this.#spool, { recursive: true, force: true })
    this.#runs = null
  }

  /** The runs of the state folder, read once. */
  #known(): Promise<readonly StoredRun[]> {
    return (this.#runs ??= storedRuns(this.#options.state))
  }

  async #score(run: RunParts): Promise<RunReport> {
    const { state, logger } = this.#options
    const builder = await ReportBuilder.open(this.#options, run)
    const attempt = new Attempt(this.#options, this.#signal, run, builder)
    let report: RunReport
    try {
      const output = await attempt.run()
      report = builder.completed(output, attempt.quarantine, run.stored === null ? null : await run.stored.finish(this.#options.by))
    } catch (thrown) {
      const error = toSlipwayError(thrown)
      if (error.code === 'INTERNAL') logger.error({ err: error.cause }, 'a batch run failed')
      report = builder.ended(
        this.#signal.aborted ? 'interrupted' : error.code === 'BAD_ROWS' ? 'aborted' : 'failed',
        error,
        await attempt.partialQuarantine(),
      )
    }
    await writeFile(join(runFolder(state, report.run), 'report.html'), renderReport(report))
    await writeReport(state, report)
    if (report.state === 'completed') await this.#clean(run.spec, run.start.run)
    return report
  }

  /** What was only for going on: the output is whole. */
  async #clean(spec: SinkSpec | null, run: string): Promise<void> {
    const folder = runFolder(this.#options.state, run)
    const staging = spec === null ? join(folder, 'staging') : stagingOf(spec, folder, run)
    for (const path of [this.#spool, staging, join(folder, 'quarantine')]) await rm(path, { recursive: true, force: true })
  }
}

/** What a run has when its first row is scored. */
export interface RunParts {
  readonly start: RunStart
  readonly files: readonly InputFile[]
  readonly setup: RunSetup
  readonly model: ResolvedModel
  readonly spec: SinkSpec
  readonly stored: StoredTarget | null
  readonly resumed: boolean
}

/** One attempt at the partitions that are left. */
class Attempt {
  readonly #options: RunBatchOptions
  readonly #signal: AbortSignal
  readonly #run: RunParts
  readonly #builder: ReportBuilder
  readonly #records: PartitionRecord[] = []
  quarantine: string | null = null

  constructor(options: RunBatchOptions, signal: AbortSignal, run: RunParts, builder: ReportBuilder) {
    this.#options = options
    this.#signal = signal
    this.#run = run
    this.#builder = builder
  }

  async run(): Promise<FinishedOutput> {
    const { start, spec, setup } = this.#run
    const folder = runFolder(this.#options.state, start.run)
    await mkdir(join(folder, 'quarantine'), { recursive: true, mode: 0o700 })
    const context = {
      run: start.run,
      columns: setup.layout.columns,
      outputs: setup.layout.outputs,
      staging: stagingOf(spec, folder, start.run),
      memoryMb: engineMemoryMb,
    }
    const scoring: ScoringSpec = {
      state: this.#options.state.root,
      model: this.#run.model.identity,
      files: this.#run.files,
      columnOf: setup.columnOf,
      carry: setup.carry,
      types: setup.types,
      chunkRows: setup.chunkRows,
      where: this.#options.request.where ?? null,
      layout: setup.layout,
      sink: spec,
      context,
      quarantine: join(folder, 'quarantine'),
    }
    const sink = await openSink(spec, context)
    try {
      await sink.prepare()
      await this.#scoreAll(scoring, sink)
      return await this.#finish(sink, folder)
    } finally {
      await sink.close()
    }
  }

  /** Of the committed partitions. */
  get #counts(): RowCounts {
    return this.#records.reduce<RowCounts>(add, { read: 0, filtered: 0, written: 0, bad: 0, fallback: 0 })
  }

  /** What the committed partitions have put aside, when the run could not end. */
  async partialQuarantine(): Promise<string | null> {
    const folder = runFolder(this.#options.state, this.#run.start.run)
    return mergeQuarantine(folder, this.#records, this.#names).catch(() => null)
  }

  get #names(): readonly string[] {
    return this.#run.files.map((file) => file.name)
  }

  async #scoreAll(scoring: ScoringSpec, sink: TableSink): Promise<void> {
    const { progress, request, logger } = this.#options
    const meter = new ProgressMeter(
      systemClock,
      { run: this.#run.start.run, name: request.name, model: `${scoring.model.name}@${scoring.model.version}` },
      scoring.files,
    )
    const limit = new BadRowLimit(request)
    const committed = await sink.committed()
    const earlier = new Set(committed.map((record) => record.partition.index))
    const partitions = allPartitions(scoring.files, this.#run.setup.partitionRows)
    const first = await partitions.next()
    const second = first.done === true ? first : await partitions.next()
    const scorers = await this.#scorers(scoring, second.done === true ? 1 : workersOf(request))
    this.#builder.workers = scorers.length
    const timer = setInterval(() => progress?.(meter.snapshot()), progressMs)
    try {
      await coordinate({
        partitions: restored([first, second], partitions),
        committed,
        scorers,
        signal: this.#signal,
        onRecord: (record) => {
          this.#records.push(record)
          this.#builder.record(record, earlier.has(record.partition.index))
          meter.record(record, earlier.has(record.partition.index))
          // Of what is committed: its bad rows are in the quarantine, to be looked at.
          limit.check(this.#counts)
        },
        onProgress: (index, counts) => meter.running(index, counts),
        onPlanned: (count) => meter.planned(count),
        // A file is written again; a database may have committed before the connection was lost. One writer at a time: it is not at work now.
        look: async (index) =>
          sink.commits === 'in-order' ? ((await sink.committed()).find((record) => record.partition.index === index) ?? null) : null,
        pause: async (attempt, signal) => {
          logger.warn({ run: this.#run.start.run, attempt }, 'a partition failed and is tried again')
          await delay(retryMs * 2 ** (attempt - 1), undefined, { signal })
        },
      })
      limit.checkAll(this.#counts)
    } finally {
      clearInterval(timer)
      await Promise.all(scorers.map((scorer) => scorer.close()))
      progress?.(meter.snapshot())
    }
  }

  async #scorers(spec: ScoringSpec, count: number): Promise<readonly Scorer[]> {
    if (count === 1) return [await this.#inline(spec)]
    const rss = Array.from({ length: count }, () => 0)
    const onRss = (i: number) => (bytes: number) => {
      rss[i] = bytes
      this.#builder.sawRss(rss.reduce((sum, each) => sum + each, process.memoryUsage.rss()))
    }
    return rss.map((_, i) => createProcessScorer({ spec, stallMs, onRss: onRss(i) }))
  }

  async #inline(spec: ScoringSpec): Promise<Scorer> {
    const open = await openScoring(spec, this.#options.logger)
    return {
      score: async (partition, calls) => {
        const record = await scorePartition(open.parts, partition, calls)
        this.#builder.sawRss(process.memoryUsage.rss())
        return record
      },
      close: () => open.close(),
    }
  }

  async #finish(sink: TableSink, folder: string): Promise<FinishedOutput> {
    const records = this.#records.toSorted((a, b) => a.partition.index - b.partition.index)
    if (records.every((record) => record.read === 0))
      throw new SlipwayError('SOURCE_INVALID', `${this.#names.join(', ')}: there are no rows`)
    this.quarantine = await mergeQuarantine(folder, records, this.#names)
    const { written, bad } = this.#counts
    if (written === 0 && bad > 0) throw new SlipwayError('BAD_ROWS', `all ${bad} rows are bad: the quarantine has them`)
    return sink.finish(records)
  }
}

/** What was taken from an iterator to look at, and the rest. */
async function* restored<T>(taken: readonly IteratorResult<T, void>[], rest: AsyncIterable<T>): AsyncGenerator<T, void, undefined> {
  for (const result of taken) if (result.done !== true) yield result.value
  yield* rest
}

function refuseDifference({ start }: StoredRun, identity: RunIdentity): void {
  const differences = differencesOf(start.identity, identity)
  if (differences.length === 0) return
  throw new SlipwayError('RUN_MISMATCH', `run ${start.run} of the same output is unfinished and differs: ${differences.join('; ')}`)
}

/** Requests are kept beside the run: without passwords. */
function withoutSecrets(request: BatchRequest): BatchRequest {
  const clean = (text: string): string => text.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/:@]*):[^/@]*@/i, '$1@')
  return {
    ...request,
    from: clean(request.from),
    to: clean(request.to),
    ...(request.store === undefined ? {} : { store: clean(request.store) }),
  }
}
