import type { Clock } from './ports.js'

/** The time of this machine. */
export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() }
