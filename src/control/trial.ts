import { SlipwayError } from '../core/errors.js'
import type { Logger } from '../core/ports.js'
import { residentMemory } from '../drivers/worker-process/resident-memory.js'
import { startWorker, type Worker } from '../drivers/worker-process/worker.js'
import type { StagedModel, StageRequest } from './staged-model.js'
import { workerEntry } from './worker-entry.js'

export interface TrialLimits {
  /** For everything: bundling, loading and running. */
  readonly timeoutMs: number
  readonly memoryLimitMb: number
}

export const defaultTrialLimits: TrialLimits = { timeoutMs: 120_000, memoryLimitMb: 8_192 }

/**
 * Stages a model and proves that it loads, runs and repeats itself, in a child process that is killed when it takes too long or too
 * much memory: an artifact from somewhere else never runs in this process before that.
 */
export async function runTrial(request: StageRequest, limits: TrialLimits = defaultTrialLimits, logger?: Logger): Promise<StagedModel> {
  const worker = startWorker({
    entry: workerEntry,
    load: {
      directory: request.directory,
      threads: request.threads,
      loader: new URL('./stage-loader.js', import.meta.url).href,
      parameters: { request },
    },
    memoryLimitMb: limits.memoryLimitMb,
    startTimeoutMs: limits.timeoutMs,
    ...(logger === undefined ? {} : { logger }),
  })
  const watch = setInterval(() => void limitMemory(worker, limits.memoryLimitMb), 100)
  try {
    return (await worker.ready) as StagedModel
  } catch (error) {
    throw await explain(error, worker, limits)
  } finally {
    clearInterval(watch)
    await worker.close(2_000)
  }
}

async function limitMemory(worker: Worker, limitMb: number): Promise<void> {
  if (worker.pid === undefined) return
  const resident = await residentMemory(worker.pid)
  if (resident !== null && resident > limitMb * 1_048_576) worker.kill('memory')
}

/** A child that is gone says nothing; why it went is known here. */
async function explain(error: unknown, worker: Worker, limits: TrialLimits): Promise<unknown> {
  if (!(error instanceof SlipwayError) || error.code !== 'WORKER_LOST') return error
  const reasons: Readonly<Record<string, string>> = {
    start: `it was not done within ${limits.timeoutMs / 1000} s`,
    memory: `it wanted more than ${limits.memoryLimitMb} MiB of memory`,
  }
  const end = await worker.ended
  return new SlipwayError('ADMISSION_FAILED', `the trial run of the model was ended: ${reasons[end] ?? 'its process crashed'}`, {
    cause: error,
  })
}
