import type { ErrorCode } from '../core/errors.js'
import { SlipwayError, toSlipwayError } from '../core/errors.js'
import type { Frame } from '../core/frame.js'
import { selectRows } from '../core/frame-ops.js'
import type { ExecutionTimings, Executor } from '../core/ports.js'

/** Output columns of some rows of a frame; `rows` is null for all of them, in order. */
export interface Part {
  readonly rows: readonly number[] | null
  readonly frame: Frame
}

/** Rows that could not be run, and why. */
interface Failure {
  readonly rows: readonly number[]
  readonly error: SlipwayError
}

export interface IsolatedRun {
  readonly parts: readonly Part[]
  readonly failures: readonly Failure[]
  readonly timings: ExecutionTimings
}

/** Failures of the machinery: no row is to blame, and running a half again would only cost time. */
const notOfRows: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'DEADLINE',
  'CANCELLED',
  'QUEUE_FULL',
  'NOT_READY',
  'WORKER_LOST',
  'UNREACHABLE',
  'DEFINITION_INVALID',
])

/**
 * Runs rows of a frame, all of them when `rows` is null, so that a bad row does not spoil its neighbours: a frame that fails is halved until
 * the rows to blame stand alone. Failures of the machinery are not halved. Never rejects.
 */
export async function runIsolated(
  executor: Executor,
  frame: Frame,
  rows: readonly number[] | null,
  signal: AbortSignal | undefined,
): Promise<IsolatedRun> {
  const timings = { preprocessMs: 0, runMs: 0, postprocessMs: 0 }
  const parts: Part[] = []
  const failures: Failure[] = []
  const options = signal === undefined ? {} : { signal }

  async function attempt(some: readonly number[] | null): Promise<SlipwayError | null> {
    try {
      const wanted = some === null ? frame : selectRows(frame, some)
      const execution = await executor.execute(wanted, options)
      if (execution.frame.length !== wanted.length) throw wrongLength(wanted.length, execution.frame.length)
      timings.preprocessMs += execution.timings.preprocessMs
      timings.runMs += execution.timings.runMs
      timings.postprocessMs += execution.timings.postprocessMs
      parts.push({ rows: some, frame: execution.frame })
      return null
    } catch (error) {
      return toSlipwayError(error)
    }
  }

  async function isolate(some: readonly number[], error: SlipwayError): Promise<void> {
    if (some.length === 1 || notOfRows.has(error.code)) {
      failures.push({ rows: some, error })
      return
    }
    const middle = Math.ceil(some.length / 2)
    for (const half of [some.slice(0, middle), some.slice(middle)]) {
      const again = await attempt(half)
      if (again !== null) await isolate(half, again)
    }
  }

  const error = await attempt(rows)
  if (error !== null) await isolate(rows ?? Array.from({ length: frame.length }, (_, row) => row), error)
  return { parts, failures, timings }
}

function wrongLength(expected: number, received: number): SlipwayError {
  return new SlipwayError('POSTPROCESS_FAILED', `expected outputs of ${expected} rows, received ${received}`)
}
