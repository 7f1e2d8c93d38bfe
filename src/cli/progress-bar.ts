import { SingleBar } from 'cli-progress'
import type { RunProgress } from '../targets/batch/run-report.js'
import { progressLine } from './progress-line.js'
import type { Progress } from './progress.js'

/** A bar that is drawn over and over on one line of a terminal, as wide as the terminal is at the time, and gone at the end. */
export function createProgressBar(stream: NodeJS.WritableStream): Progress {
  let last: RunProgress | null = null
  const bar = new SingleBar({
    stream,
    fps: 8,
    clearOnComplete: true,
    // Lines are made to fit. Turning wrapping off would stay so in a terminal whose process is killed.
    linewrap: true,
    format: (_, { maxWidth }) => (last === null ? '' : progressLine(last, maxWidth - 1)),
  })
  return {
    update(progress) {
      const first = last === null
      last = progress
      if (first) bar.start(1, 0)
      else bar.update(progress.fraction ?? 0)
    },
    end() {
      bar.stop()
    },
  }
}
