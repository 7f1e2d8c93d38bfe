import type { Logger } from '../../core/ports.js'
import type { BatchRequest } from '../../targets/batch/batch-request.js'
import type { RunProgress, RunReport } from '../../targets/batch/run-report.js'
import type { EarlierRun } from '../../targets/batch/schedule/backfill-plan.js'
import { runBatch } from '../batch/run-batch.js'
import { storedRuns } from '../batch/run-folder.js'
import type { StateDir } from '../state-dir.js'

/** Runs requests in this process and its workers. */
export function requestRunner(options: {
  readonly state: StateDir
  /** Folder of the configuration. */
  readonly cwd: string
  readonly logger: Logger
  readonly by: string
  readonly progress?: (progress: RunProgress) => void
}): (request: BatchRequest, run: { readonly signal: AbortSignal }) => Promise<RunReport> {
  return (request, { signal }) => runBatch({ ...options, request, signal })
}

/** The runs of a batch at logical times, newest first. One that left no report was killed, or runs now. */
export async function earlierRuns(state: StateDir, name: string): Promise<readonly EarlierRun[]> {
  const runs = await storedRuns(state)
  return runs.flatMap(({ start, report }) => {
    const { logicalTime, name: batch } = start.request
    return batch !== name || logicalTime === undefined ? [] : [{ logicalTime, state: report?.state ?? 'interrupted' }]
  })
}
