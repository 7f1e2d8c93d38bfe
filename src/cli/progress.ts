import type { RunProgress } from '../targets/batch/run-report.js'
import { createProgressBar } from './progress-bar.js'
import { createProgressLog } from './progress-log.js'

/** Shows where a run stands. */
export interface Progress {
  update(progress: RunProgress): void
  /** Takes the bar away, or writes what stood last; may be called again. */
  end(): void
}

/** A terminal, or whatever standard error was sent to. */
export type ProgressStream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }

export interface ProgressOptions {
  readonly stream: ProgressStream
  /** `auto` is a bar on a terminal and JSON lines elsewhere. */
  readonly mode: 'auto' | 'json' | 'quiet'
}

/** Progress as a bar on a terminal; elsewhere as JSON lines, one in two seconds at most and one at the end; or not at all. */
export function createProgress({ stream, mode }: ProgressOptions): Progress {
  if (mode === 'quiet') return { update() {}, end() {} }
  return mode === 'auto' && stream.isTTY === true ? createProgressBar(stream) : createProgressLog(stream)
}
