import type { RunProgress } from '../targets/batch/run-report.js'
import type { Progress } from './progress.js'

const everyMs = 2000

/** Progress as JSON lines, `{"event":"progress", …}`: the first at once, then one in two seconds at most, and the last. */
export function createProgressLog(stream: NodeJS.WritableStream): Progress {
  let written: RunProgress | null = null
  let waiting: RunProgress | null = null

  function write(progress: RunProgress): void {
    stream.write(`${JSON.stringify({ event: 'progress', ...progress })}\n`)
    written = progress
    waiting = null
  }

  return {
    update(progress) {
      const due = written === null || progress.phase !== written.phase || progress.elapsedMs - written.elapsedMs >= everyMs
      if (due) write(progress)
      else waiting = progress
    },
    end() {
      if (waiting !== null) write(waiting)
    },
  }
}
