import { SlipwayError } from '../core/errors.js'
import type { Fields } from '../core/field.js'
import type { Columns, Frame } from '../core/frame.js'
import { concatFrames, selectRows, sliceRows } from '../core/frame-ops.js'
import type { Clock, Execution, ExecutionTimings, Executor, ModelSession } from '../core/ports.js'
import type { Tensor } from '../core/tensor.js'
import { rowsPerRun } from './batch-rule.js'
import type { ExecutableDefinition, ExecutionPlan } from './execution-plan.js'
import { planExecution } from './execution-plan.js'
import { emptyColumns } from './output-columns.js'

export interface LocalExecutorOptions {
  readonly clock: Clock
  /** Rows that one run takes at most, where the graph leaves them free; 8192 when left out. */
  readonly maxBatchRows?: number
}

/**
 * Preprocess, run and postprocess in this process. Frames are cut into runs by the graph's batch rule, and padded where it is fixed.
 * Throws DEFINITION_INVALID when the definition does not fit the graph. Closing it closes the session.
 */
export function createLocalExecutor(definition: ExecutableDefinition, session: ModelSession, options: LocalExecutorOptions): Executor {
  const plan = planExecution(definition, session.inputs, session.outputs)
  return new LocalExecutor({ plan, session, output: definition.output, clock: options.clock, most: options.maxBatchRows ?? 8192 })
}

interface Parts {
  readonly plan: ExecutionPlan
  readonly session: ModelSession
  readonly output: Fields
  readonly clock: Clock
  readonly most: number
}

class LocalExecutor implements Executor {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async execute(frame: Frame, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Execution> {
    const { plan, most, output } = this.#parts
    const timings = { preprocessMs: 0, runMs: 0, postprocessMs: 0 }
    if (frame.length === 0) return { frame: { length: 0, columns: emptyColumns(output) }, timings }
    const size = rowsPerRun(plan.rule, most)
    if (frame.length <= size && plan.rule.kind !== 'fixed') return { frame: await this.#run(frame, timings), timings }
    const done: Frame[] = []
    for (let start = 0; start < frame.length; start += size) {
      refuseWhenAborted(signal)
      const rows = Math.min(size, frame.length - start)
      const chunk = sliceRows(frame, start, rows)
      const padded = plan.rule.kind === 'fixed' && rows < size ? pad(chunk, size) : chunk
      done.push(sliceRows(await this.#run(padded, timings), 0, rows))
    }
    return { frame: joined(done), timings }
  }

  async #run(frame: Frame, timings: { -readonly [K in keyof ExecutionTimings]: number }): Promise<Frame> {
    const { plan, clock } = this.#parts
    const start = clock.monotonic()
    const feeds = plan.preprocess(frame)
    const fed = clock.monotonic()
    timings.preprocessMs += fed - start
    const tensors = await this.#runGraph(feeds)
    const ran = clock.monotonic()
    timings.runMs += ran - fed
    const columns: Columns = plan.postprocess(tensors, frame)
    timings.postprocessMs += clock.monotonic() - ran
    return { length: frame.length, columns }
  }

  async #runGraph(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    const { session, plan } = this.#parts
    try {
      return await session.run(feeds, plan.wanted)
    } catch (cause) {
      if (cause instanceof SlipwayError) throw cause
      throw new SlipwayError('RUN_FAILED', 'the model failed', { cause })
    }
  }

  async close(): Promise<void> {
    await this.#parts.session.close()
  }
}

/** The rows, and the last of them again until there are `size`. */
function pad(frame: Frame, size: number): Frame {
  return selectRows(
    frame,
    Array.from({ length: size }, (_, row) => Math.min(row, frame.length - 1)),
  )
}

function joined(frames: readonly Frame[]): Frame {
  try {
    return concatFrames(frames)
  } catch (cause) {
    throw new SlipwayError('POSTPROCESS_FAILED', 'the outputs of the rows differ in shape; ask for them one by one', { cause })
  }
}

function refuseWhenAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return
  throw signal.reason instanceof SlipwayError ? signal.reason : new SlipwayError('CANCELLED', 'the call was given up')
}
