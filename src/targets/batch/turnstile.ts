import { SlipwayError } from '../../core/errors.js'

/** Lets numbers through one after another: 0, 1, 2 …, each once those before it have passed. */
export class Turnstile {
  readonly #passed = new Set<number>()
  readonly #waiting = new Map<number, () => void>()
  #next = 0

  /** Resolves when every number before `index` has passed. Rejects with CANCELLED when the signal is aborted. */
  async wait(index: number, signal: AbortSignal): Promise<void> {
    if (index > this.#next && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#waiting.set(index, resolve)
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      this.#waiting.delete(index)
    }
    if (signal.aborted) throw new SlipwayError('CANCELLED', 'the run was interrupted')
  }

  pass(index: number): void {
    this.#passed.add(index)
    while (this.#passed.delete(this.#next)) this.#next++
    this.#waiting.get(this.#next)?.()
  }

  /** Lets everybody through, to find the signal aborted. */
  open(): void {
    for (const resolve of this.#waiting.values()) resolve()
  }
}
