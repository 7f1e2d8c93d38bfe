import { describe, expect, it } from 'vitest'
import { Turnstile } from './turnstile.js'

describe('a turnstile', () => {
  it('lets numbers through in order, whatever the order they come in', async () => {
    const turns = new Turnstile()
    const { signal } = new AbortController()
    const passed: number[] = []
    const take = async (index: number): Promise<void> => {
      await turns.wait(index, signal)
      passed.push(index)
      turns.pass(index)
    }
    await Promise.all([3, 1, 0, 2, 4].map((index) => take(index)))
    expect(passed).toEqual([0, 1, 2, 3, 4])
  })

  it('does not wait for numbers that have passed before', async () => {
    const turns = new Turnstile()
    turns.pass(1)
    turns.pass(0)
    await expect(turns.wait(2, new AbortController().signal)).resolves.toBeUndefined()
  })

  it('turns those who wait away when the run is interrupted', async () => {
    const turns = new Turnstile()
    const stop = new AbortController()
    const waiting = turns.wait(5, stop.signal)
    stop.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})
