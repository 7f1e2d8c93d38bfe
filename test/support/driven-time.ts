import type { Clock } from '../../src/core/ports.js'
import type { Timers } from '../../src/targets/batch/schedule/schedule-ports.js'

/** A clock and its timers that stand still until they are moved. */
export class DrivenTime implements Clock, Timers {
  #now: number
  readonly #timers = new Map<object, { readonly at: number; readonly run: () => void }>()

  constructor(start: string) {
    this.#now = Date.parse(start)
  }

  now(): number {
    return this.#now
  }

  monotonic(): number {
    return this.#now
  }

  after(delayMs: number, run: () => void): () => void {
    const id = {}
    this.#timers.set(id, { at: this.#now + delayMs, run })
    return () => this.#timers.delete(id)
  }

  /** Sets the clock without calling a timer, as a machine that sleeps does. */
  jump(to: string): void {
    this.#now = Date.parse(to)
  }

  /** Moves the clock from timer to timer up to a moment, and waits for `settled` after each. */
  async advance(to: string, settled: () => Promise<unknown>): Promise<void> {
    const end = Date.parse(to)
    await settled()
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end).toSorted((a, b) => a[1].at - b[1].at)[0]
      if (due === undefined) break
      this.#timers.delete(due[0])
      this.#now = Math.max(this.#now, due[1].at)
      due[1].run()
      // What the timer began may take some turns of promises before it is seen.
      await new Promise((resolve) => setImmediate(resolve))
      await settled()
    }
    this.#now = Math.max(this.#now, end)
  }
}
