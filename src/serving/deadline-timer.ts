import type { Clock } from '../core/ports.js'

const longestMs = 2 ** 31 - 1

/** One timer for the earliest of many deadlines. */
export class DeadlineTimer {
  readonly #clock: Clock
  readonly #onDue: (now: number) => number
  #at = Infinity
  #timer: NodeJS.Timeout | null = null

  /** `onDue` handles what is due now and returns the next deadline, Infinity when there is none. */
  constructor(clock: Clock, onDue: (now: number) => number) {
    this.#clock = clock
    this.#onDue = onDue
  }

  /** Makes sure that it fires at `at` (on the monotonic clock) or before. */
  arm(at: number): void {
    if (at >= this.#at) return
    this.#set(at, this.#clock.monotonic())
  }

  clear(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#at = Infinity
  }

  #set(at: number, now: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#at = at
    // Node counts from the start of the turn, so it may fire early: then nothing is due yet, and it is set again.
    const delayMs = Math.min(longestMs, Math.max(0, Math.ceil(at - now)))
    this.#timer = setTimeout(() => this.#fire(), delayMs).unref()
  }

  #fire(): void {
    this.#at = Infinity
    const now = this.#clock.monotonic()
    const next = this.#onDue(now)
    if (next < this.#at) this.#set(next, now)
  }
}
