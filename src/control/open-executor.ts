import { join } from 'node:path'
import { systemClock } from '../core/clock.js'
import type { Executor, SessionFactory } from '../core/ports.js'
import type { FallbackModel, ModelDefinition } from '../model/definition.js'
import { fallbackDefinition } from '../model/execution-plan.js'
import { createLocalExecutor } from '../model/local-executor.js'
import { contentNames, fallbackName } from '../registry/content-path.js'

/** One of the graphs of a version: its main one, or that of a fallback model. */
export interface GraphChoice {
  /** Index among the fallback models; null for the main graph. */
  readonly fallback: number | null
}

export interface OpenExecutorOptions extends GraphChoice {
  /** Folder of the checked-out (or staged) version. */
  readonly directory: string
  readonly definition: ModelDefinition
  readonly sessions: SessionFactory
  readonly threads: number
  /** False for one row a run; see `GraphSignature`. */
  readonly rowsIndependent: boolean
}

/** Loads one graph of a version into this process, behind the steps of its definition. */
export async function openExecutor(options: OpenExecutorOptions): Promise<Executor> {
  const { directory, definition, sessions, threads, fallback } = options
  const session = await sessions.open(join(directory, fallback === null ? contentNames.artifact : fallbackName(fallback)), { threads })
  try {
    const executable = fallback === null ? definition : fallbackDefinition(definition, fallbackModels(definition)[fallback]!)
    return createLocalExecutor(executable, session, { clock: systemClock, ...(options.rowsIndependent ? {} : { maxBatchRows: 1 }) })
  } catch (error) {
    await session.close()
    throw error
  }
}

/** The steps of a definition's ladder that are models, in ladder order. */
export function fallbackModels(definition: ModelDefinition): readonly FallbackModel<ModelDefinition['input'], ModelDefinition['output']>[] {
  return definition.fallback.filter((step) => 'artifact' in step)
}
