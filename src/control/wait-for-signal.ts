/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. */
export function waitForSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    const signals = ['SIGTERM', 'SIGINT'] as const
    const first = (signal: NodeJS.Signals): void => {
      for (const name of signals) process.off(name, first)
      for (const name of signals) process.once(name, () => process.exit(130))
      resolve(signal)
    }
    for (const name of signals) process.on(name, first)
  })
}
