import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DeadlineTimer } from './deadline-timer.js'

let now = 0
const clock = { now: () => now, monotonic: () => now }

async function pass(ms: number): Promise<void> {
  now += ms
  await vi.advanceTimersByTimeAsync(ms)
}

describe('the deadline timer', () => {
  beforeEach(() => {
    now = 0
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  })
  afterEach(() => vi.useRealTimers())

  it('fires once for the earliest of many deadlines, then for the next one it is told', async () => {
    const fired: number[] = []
    const deadlines = [30, 10, 20]
    const timer = new DeadlineTimer(clock, (at) => {
      fired.push(at)
      return Math.min(...deadlines.filter((deadline) => deadline > at), Infinity)
    })
    for (const deadline of deadlines) timer.arm(deadline)
    expect(vi.getTimerCount()).toBe(1)
    for (let i = 0; i < 50; i++) await pass(1)
    expect(fired).toEqual([10, 20, 30])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is set again when it fires too early', async () => {
    const due: number[] = []
    const timer = new DeadlineTimer(clock, (at) => {
      if (at < 10) return 10
      due.push(at)
      return Infinity
    })
    timer.arm(10)
    now += 8
    await vi.advanceTimersByTimeAsync(10)
    expect(due).toEqual([])
    await pass(2)
    expect(due).toEqual([10])
  })

  it('does not fire once it is cleared', async () => {
    const fired = vi.fn<() => number>(() => Infinity)
    const timer = new DeadlineTimer(clock, fired)
    timer.arm(10)
    timer.clear()
    await pass(100)
    expect(fired).not.toHaveBeenCalled()
  })

  it('takes a deadline further away than timers reach', async () => {
    const fired = vi.fn<() => number>(() => Infinity)
    const timer = new DeadlineTimer(clock, fired)
    timer.arm(2 ** 40)
    await pass(10)
    expect(fired).not.toHaveBeenCalled()
  })
})
