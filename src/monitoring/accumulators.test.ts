import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAccumulators } from './accumulators.js'
import type { Accumulators } from './accumulators.js'
import { HistogramSeries } from './series.js'

const spec = { name: 'slipway_things_total', help: 'Things.', labels: ['kind'] as const }

interface Read {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

function readAll(sink: Accumulators): Read[] {
  return sink.families().flatMap((family): Read[] => {
    if (family.type === 'histogram') return family.read().map(({ labels, series }) => ({ labels, value: series.sum }))
    return family.read().map(({ labels, series }) => ({ labels, value: series.value }))
  })
}

describe('accumulators', () => {
  it('give the same series for the same labels', () => {
    const sink = createAccumulators()
    sink.counter(spec).with({ kind: 'a' }).add(2)
    sink.counter(spec).with({ kind: 'a' }).add(3)
    expect(readAll(sink)).toEqual([{ labels: { kind: 'a' }, value: 5 }])
  })

  it('refuse a second metric of the same name that is another', () => {
    const sink = createAccumulators()
    sink.counter(spec)
    expect(() => sink.gauge(spec)).toThrow('already a counter')
    expect(() => sink.counter({ ...spec, labels: ['other'] })).toThrow('already a counter')
  })

  it('keep at most the promised number of series and count the rest together', () => {
    const sink = createAccumulators()
    const family = sink.counter({ ...spec, maxSeries: 3 })
    for (let i = 0; i < 100; i++) family.with({ kind: `k${i}` }).add(1)
    const read = readAll(sink)
    expect(read.map(({ value }) => value)).toEqual([1, 1, 1, 97])
    expect(read.at(-1)?.labels).toEqual({ kind: 'other' })
  })

  it('show retired series once more and then forget them', () => {
    const sink = createAccumulators()
    const family = sink.counter(spec)
    family.with({ kind: 'a' }).add(1)
    family.with({ kind: 'b' }).add(1)
    family.retire({ kind: 'a' })
    const kinds = (): (string | undefined)[] => readAll(sink).map(({ labels }) => labels['kind'])
    expect(kinds()).toEqual(['a', 'b'])
    expect(kinds()).toEqual(['b'])
  })

  it('keep a retired series that is used again before it was read', () => {
    const sink = createAccumulators()
    const family = sink.counter(spec)
    family.with({ kind: 'a' }).add(1)
    family.retire({})
    family.with({ kind: 'a' }).add(1)
    readAll(sink)
    expect(readAll(sink)).toHaveLength(1)
  })

  it('read a tracked gauge when it is asked for', () => {
    const sink = createAccumulators()
    let depth = 1
    sink
      .gauge(spec)
      .with({ kind: 'a' })
      .track(() => depth)
    depth = 7
    expect(readAll(sink).map(({ value }) => value)).toEqual([7])
  })
})

describe('a histogram', () => {
  it('counts every value in the first bucket whose bound is not below it', () => {
    const bounds = [0.5, 1, 2, 8]
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 10, noNaN: true })), (values) => {
        const series = new HistogramSeries(bounds)
        for (const value of values) series.observe(value)
        const expected = [...bounds, Infinity].map((bound, i) => values.filter((v) => v <= bound && v > (bounds[i - 1] ?? -1)).length)
        expect([...series.counts]).toEqual(expected)
      }),
    )
  })
})
