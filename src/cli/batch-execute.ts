import { createLogger } from '../control/create-logger.js'
import { localActor } from '../control/open-local-registry.js'
import { runBatch } from '../control/batch/run-batch.js'
import { openStateDir } from '../control/state-dir.js'
import { errorTable, type ErrorCode } from '../core/errors.js'
import type { BatchRequest } from '../targets/batch/batch-request.js'
import { reportLines } from '../targets/batch/report/report-lines.js'
import type { RunReport } from '../targets/batch/run-report.js'
import { createProgress } from './progress.js'

export interface ExecuteOptions {
  readonly state: string
  readonly json: boolean
  readonly quiet: boolean
  /** Folder that relative paths start from. */
  readonly cwd?: string
}

/** Runs a batch in the foreground: progress on standard error, the report on standard output, an exit code that says how it went. */
export async function executeBatch(request: BatchRequest, options: ExecuteOptions): Promise<number> {
  const abort = new AbortController()
  const onSignal = (): void => abort.abort()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal)
  const progress = createProgress({ stream: process.stderr, mode: options.quiet ? 'quiet' : 'auto' })
  try {
    const report = await runBatch({
      state: openStateDir(options.state),
      request,
      signal: abort.signal,
      progress: (snapshot) => progress.update(snapshot),
      logger: await createLogger('warn'),
      by: localActor(),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    })
    progress.end()
    printReport(report, request.to === '-' ? process.stderr : process.stdout, options.json)
    return exitOf(report)
  } finally {
    progress.end()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal)
  }
}

function printReport(report: RunReport, stream: NodeJS.WritableStream, json: boolean): void {
  if (report.repeated && !json) stream.write('complete already: nothing was done (--restart does it again)\n')
  stream.write(json ? `${JSON.stringify(summaryOf(report))}\n` : `${reportLines(report).join('\n')}\n`)
}

/** The report without the bins of its distributions: `report.json` of the run, and `batch show --json`, have them. */
function summaryOf({ profile: { rows }, reference, ...report }: RunReport): object {
  return { ...report, profile: { rows }, reference: reference === null ? null : { run: reference.run, psi: reference.psi } }
}

/** 0 when the run is complete; else the exit code of what ended it. */
export function exitOf(report: RunReport): number {
  if (report.state === 'completed') return report.stored?.gate === 'refused' ? errorTable.GATE_REFUSED.exit : 0
  return errorTable[(report.error?.code ?? 'INTERNAL') as ErrorCode].exit
}
