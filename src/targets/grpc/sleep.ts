/** Resolves after `ms`, or as soon as one of the signals is aborted. */
export function sleep(ms: number, signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer)
      for (const signal of signals) signal.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, signals.some((signal) => signal.aborted) ? 0 : ms)
    for (const signal of signals) signal.addEventListener('abort', wake, { once: true })
  })
}
