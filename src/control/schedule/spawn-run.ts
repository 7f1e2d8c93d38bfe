import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../core/clock.js'
import type { ErrorCode } from '../../core/errors.js'
import { SlipwayError } from '../../core/errors.js'
import type { Logger } from '../../core/ports.js'
import type { BatchMetrics } from '../../monitoring/batch-metrics.js'
import type { BatchRequest } from '../../targets/batch/batch-request.js'
import type { RunProgress, RunReport } from '../../targets/batch/run-report.js'
import type { RunRequest } from './start-schedules.js'

export interface SpawnOptions {
  /** Root of the state folder. */
  readonly stateRoot: string
  /** Path of the configuration. */
  readonly config: string
  readonly metrics: BatchMetrics
  readonly logger: Logger
}

/** How far batches stand back behind the server. */
const niceness = 10
/** Time to come to an end after SIGTERM: what is committed by then is not done again. */
const endMs = 30_000

const nothing = { filtered: 0, written: 0, bad: 0, fallback: 0 }

/** Runs batches of the configuration in processes of their own, which stand back behind the server: lookups and predictions go on beside them. */
export function spawnedRuns(options: SpawnOptions): RunRequest {
  return async (request, { signal, logicalTime }) => {
    const child = start(options, request, logicalTime)
    const onAbort = (): void => end(child)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    try {
      return await follow(child, request.name ?? '', options)
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
}

function start({ stateRoot, config }: SpawnOptions, { name }: BatchRequest, logicalTime: string): ChildProcess {
  const main = fileURLToPath(new URL('../../cli/main.js', import.meta.url))
  const flags = { config, state: stateRoot, 'logical-time': logicalTime, nice: String(niceness) }
  const words = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value])
  return spawn(process.execPath, [main, 'batch', 'run', name ?? '', ...words, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] })
}

function end(child: ChildProcess): void {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), endMs)
  child.once('exit', () => clearTimeout(timer))
}

async function follow(child: ChildProcess, batch: string, { metrics, logger }: SpawnOptions): Promise<RunReport> {
  const running = metrics.started(batch)
  const lines: string[] = []
  createInterface({ input: child.stderr! }).on('line', (line) => {
    const progress = progressOf(line)
    if (progress !== null) running.progress(progress)
    else if (line.trim() !== '') logger.warn({ batch, line: line.slice(0, 500) }, 'a batch run says')
  })
  createInterface({ input: child.stdout! }).on('line', (line) => lines.push(line))
  const [code, killed] = (await once(child, 'close')) as [number | null, string | null]
  const report = reportOf(lines.at(-1) ?? '')
  // A run that was complete before has scored nothing now.
  const { counts, elapsedMs } = report === null || report.repeated ? { counts: nothing, elapsedMs: 0 } : report
  running.ended({ state: report?.state ?? 'failed', counts, elapsedMs, finishedAt: systemClock.now() })
  if (report !== null) return report
  throw errorOf(lines.at(-1) ?? '') ?? new SlipwayError('WORKER_LOST', `the process of the batch ended: ${killed ?? `exit code ${code}`}`)
}

function progressOf(line: string): RunProgress | null {
  const value = parsed(line)
  return value?.['event'] === 'progress' ? (value as unknown as RunProgress) : null
}

function reportOf(line: string): RunReport | null {
  const value = parsed(line)
  return typeof value?.['state'] === 'string' ? (value as unknown as RunReport) : null
}

function errorOf(line: string): SlipwayError | null {
  const error = parsed(line)?.['error'] as { code: ErrorCode; message: string } | undefined
  return error === undefined ? null : new SlipwayError(error.code, error.message)
}

function parsed(line: string): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>
  } catch {
    return null
  }
}
