/** A store that is written without pause is looked at no more often than this. */
const minGapMs = 20

/** A running loop. */
export interface PollLoop {
  /** Stops the loop; resolves when the turn under way has ended. */
  close(): Promise<void>
}

/** Takes a turn every `pollMs`, and sooner when `hints` calls. It does not keep the process alive. `turn` must not throw. */
export function pollLoop(turn: (count: number) => Promise<void>, pollMs: number, hints?: (onHint: () => void) => () => void): PollLoop {
  const state = { stopped: false, hinted: false, wake: (): void => {} }
  const pause = async (waitMs: number, over: () => boolean): Promise<void> => {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs).unref()
      state.wake = () => {
        if (!over()) return
        clearTimeout(timer)
        resolve()
      }
      state.wake()
    })
  }
  const stopHints = hints?.(() => {
    state.hinted = true
    state.wake()
  })
  const run = async (): Promise<void> => {
    for (let count = 1; !state.stopped; count++) {
      await pause(pollMs, () => state.hinted || state.stopped)
      if (state.stopped) return
      state.hinted = false
      await turn(count)
      await pause(minGapMs, () => state.stopped)
    }
  }
  const running = run()
  return {
    close: async () => {
      state.stopped = true
      stopHints?.()
      state.wake()
      await running
    },
  }
}

/**
 * A guard runs `work` and hands what it throws to `onProblem` (default: a warning of the process). The same problem of one subject
 * is told once until the subject is well again.
 */
export function problemGuard(
  onProblem: (problem: unknown) => void = (problem) => process.emitWarning(messageOf(problem), 'SlipwayWatchWarning'),
): (subject: string, work: () => Promise<void>) => Promise<void> {
  const told = new Map<string, string>()
  return async (subject, work) => {
    try {
      await work()
      told.delete(subject)
    } catch (problem) {
      const message = messageOf(problem)
      if (told.get(subject) === message) return
      told.set(subject, message)
      onProblem(problem)
    }
  }
}

function messageOf(problem: unknown): string {
  return problem instanceof Error ? problem.message : String(problem)
}
