import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { linearModel } from '../../test/fixtures/models.js'
import { type ServedModels, serveModels } from '../../test/support/served-models.js'
import { fillSet, stored, storedPlace, type StoredPlace, withoutReadNow } from '../../test/support/stored.js'
import { SlipwayError } from '../core/errors.js'
import type { StoredSets } from '../core/stored-sets.js'
import { createMemoryFeatureStore } from '../drivers/memory/feature-store.js'
import { defineModel, number } from '../index.js'
import type { StoredOptions } from '../model/definition.js'
import { createAccumulators } from '../monitoring/accumulators.js'
import { storedMetrics } from '../monitoring/stored-metrics.js'
import { isRefused, sourceOf } from './reply.js'
import type { StoredAnswer, StoredAnswers } from './stored-answer.js'
import { createStoredPlane, type StoredPlane } from './stored-plane.js'

const producedAt = 1_000_000
const context = { route: 'stored', requestId: 'r' }

/** What an answer says, short. */
function told(answer: StoredAnswer): unknown {
  if (answer.kind === 'refused') return answer.error.code
  if (answer.kind === 'stored') return JSON.parse(`{${answer.parts.head}${answer.parts.codes}]}`)
  const { reply, row, code } = answer
  const y = reply.prediction.frame.columns['y']!.data[reply.start + row]
  return [sourceOf(reply, row), isRefused(reply, row) ? null : y, code]
}

const engines = [
  ['inside this process', (sets: StoredSets) => sets],
  ['across a network', withoutReadNow],
] as const

describe.each(engines)('the stored plane over an engine %s', (_, engine) => {
  let place: StoredPlace
  let served: ServedModels
  let plane: StoredPlane
  let now = producedAt
  let elapsed = 0
  let metrics = createAccumulators()
  let reads = 0
  let broken: 'no' | 'fails' | 'hangs' = 'no'

  beforeEach(async () => {
    place = await storedPlace()
    now = producedAt
    broken = 'no'
    reads = 0
  })
  afterEach(async () => {
    await plane.close()
    await served.close()
    await place.remove()
  })

  /** The store, as broken as the test says. */
  function faulty(sets: StoredSets): StoredSets {
    return new Proxy(sets, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target)
        if (name !== 'read' && name !== 'readNow') return typeof member === 'function' ? (member.bind(target) as unknown) : member
        if (member === undefined) return undefined
        return (...args: unknown[]): unknown => {
          reads++
          const error = new SlipwayError('STORE_UNAVAILABLE', 'the store is down')
          if (name === 'read' && broken === 'hangs') return new Promise(() => {})
          if (broken !== 'no' && name === 'read') return Promise.reject(error)
          if (broken !== 'no') throw error
          return (member as (...all: unknown[]) => unknown).apply(target, args)
        }
      },
    })
  }

  async function open(options?: StoredOptions<'id' | 'x'>, isServed = true): Promise<void> {
    const features = createMemoryFeatureStore()
    await features.put('cards', 'known', { x: 5 })
    const definition = defineModel({
      name: 'm',
      artifact: 'm.onnx',
      input: { x: number() },
      output: { y: number() },
      gather: { cards: { key: 'id', features: ['x'] } },
      fallback: () => ({ y: -1 }),
      guard: { onFail: 'reject' },
      ...(options === undefined ? {} : { stored: options }),
    })
    served = await serveModels(isServed ? { m: { bytes: linearModel({ inputs: 1 }), definition, features } } : {})
    metrics = createAccumulators()
    plane = createStoredPlane({
      plane: served.plane,
      metrics,
      clock: { now: () => now, monotonic: () => (broken === 'hangs' ? 1e9 + performance.now() : elapsed) },
      timeoutMs: 200,
      open: async () => {
        // The test's own handle stays open.
        const sets = faulty(engine(place.sets))
        return new Proxy(sets, {
          get: (target, name) => (name === 'close' ? async () => {} : (Reflect.get(target, name, target) as unknown)),
        })
      },
    })
  }

  async function flipTo(id: string, values: Readonly<Record<string, string>>, details = {}): Promise<void> {
    await fillSet(place.sets, { id, values, producedAt, details })
    await place.sets.flip({ model: 'm', set: id, kind: 'flip', by: 't', reason: '' })
  }

  async function look(...keys: readonly string[]): Promise<StoredAnswers> {
    return plane.lookUpNow('m', keys) ?? (await plane.lookUp('m', keys, context))
  }

  async function answersTo(...keys: readonly string[]): Promise<readonly unknown[]> {
    return (await look(...keys)).answers.map(told)
  }

  function counted(outcome: string): number {
    const series = metrics.counter(storedMetrics.lookups).with({ model: 'm', outcome }) as unknown as { readonly value: number }
    return series.value
  }

  it('answers from the active set, with what made the prediction and how old it is', async () => {
    await open()
    await flipTo('s1', { a: stored({ y: 1 }), 'ключ/🐟': stored({ y: 2 }, 'fallback:heuristic', ['DEADLINE']) })
    now += 1500
    expect(await look('ключ/🐟', 'a', 'b')).toMatchObject({ set: { id: 's1', version: '1' }, ageMs: 1500, stale: false })
    expect(await answersTo('ключ/🐟', 'a', 'b')).toEqual([
      { output: { y: 2 }, source: 'stored', scoredBy: 'fallback:heuristic', codes: ['DEADLINE'] },
      { output: { y: 1 }, source: 'stored', scoredBy: 'model', codes: [] },
      'STORED_MISSING',
    ])
    expect([counted('hit'), counted('missing')]).toEqual([4, 2])
    expect(await plane.active('m')).toMatchObject({ set: { id: 's1', rows: 2 }, policy: { onMissing: 'reject' }, ageMs: 1500 })
  })

  it('says that a model is not there, has no set, or has not the key', async () => {
    await open()
    expect(await answersTo('a')).toEqual(['STORED_MISSING'])
    await expect(plane.lookUp('absent', ['a'], context)).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' })
    await expect(plane.active('absent')).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' })
    expect(await plane.active('m')).toMatchObject({ set: null })
  })

  it('sees a flip, and does not answer what the set before had', async () => {
    await open()
    await flipTo('s1', { a: stored({ y: 1 }), b: stored({ y: 1 }) })
    expect(await answersTo('a', 'b')).toMatchObject([{ output: { y: 1 } }, { output: { y: 1 } }])
    await flipTo('s2', { a: stored({ y: 2 }) })
    elapsed += 251
    expect(await answersTo('a', 'b')).toMatchObject([{ output: { y: 2 } }, 'STORED_MISSING'])
    await place.sets.flip({ model: 'm', set: 's1', kind: 'rollback', by: 't', reason: '' })
    elapsed += 251
    expect(await answersTo('b')).toMatchObject([{ output: { y: 1 } }])
  })

  it('never mixes two sets, whatever part of the keys it knows already', async () => {
    await open()
    await flipTo('s1', { a: stored({ y: 1 }), b: stored({ y: 1 }) })
    for (let i = 0; i < 3; i++) await look('a')
    await flipTo('s2', { a: stored({ y: 2 }), b: stored({ y: 2 }) })
    const { set, answers } = await look('a', 'b')
    expect(set).toMatchObject({ id: 's2' })
    expect(answers.map(told)).toMatchObject([{ output: { y: 2 } }, { output: { y: 2 } }])
  })

  it.each([
    ['serve', [{ output: { y: 1 } }], 'stale'],
    ['reject', ['STORED_STALE'], 'stale'],
    ['predict', [['model', 1.5, 'STORED_STALE']], 'live'],
    ['fallback', [['fallback:heuristic', -1, 'STORED_STALE']], 'fallback'],
  ] as const)('does with stale predictions what the definition says: %s', async (onStale, answer, outcome) => {
    await open({ key: 'id', maxAgeMs: 1000, onStale })
    await flipTo('s1', { known: stored({ y: 1 }) })
    now += 1000
    expect(await answersTo('known')).toMatchObject([{ output: { y: 1 } }])
    now += 1
    expect(await look('known')).toMatchObject({ stale: true, ageMs: 1001 })
    expect(await answersTo('known')).toMatchObject(answer)
    expect(counted(outcome)).toBe(2)
  })

  it('predicts missing keys with the features of the key, in their places', async () => {
    await open({ key: 'id', onMissing: 'predict' })
    await flipTo('s1', { a: stored({ y: 1 }) })
    expect(await answersTo('known', 'a', 'unknown')).toMatchObject([
      ['model', 1.5, 'STORED_MISSING'],
      { output: { y: 1 } },
      ['none', null, 'STORED_MISSING'],
    ])
    expect([counted('live'), counted('hit'), counted('error')]).toEqual([1, 1, 1])
  })

  it('has the fallback answer missing keys, whatever the model would want to know', async () => {
    await open({ key: 'id', onMissing: 'fallback' })
    await flipTo('s1', { a: stored({ y: 1 }) })
    expect(await answersTo('x', 'a')).toMatchObject([['fallback:heuristic', -1, 'STORED_MISSING'], { output: { y: 1 } }])
  })

  it('answers while no version of the model is served, by the policy that the set was written under', async () => {
    await open(undefined, false)
    const policy = { key: 'id', maxAgeMs: 1000, onStale: 'reject', onMissing: 'predict' }
    await flipTo('s1', { a: stored({ y: 1 }) }, { policy })
    expect(await answersTo('a', 'b')).toMatchObject([{ output: { y: 1 } }, 'NOT_READY'])
    now += 1001
    expect(await answersTo('a')).toEqual(['STORED_STALE'])
  })

  it.each(['fails', 'hangs'] as const)('does without a store that %s what it does with missing keys', async (how) => {
    await open({ key: 'id', onMissing: 'predict' })
    await flipTo('s1', { known: stored({ y: 1 }) })
    await look('known')
    broken = how
    elapsed += 251
    const start = performance.now()
    expect(await plane.lookUp('m', ['known'], context)).toMatchObject({ set: null })
    expect(performance.now() - start).toBeLessThan(2000)
  })

  it('refuses when the store is down and missing keys are refused', async () => {
    await open()
    await flipTo('s1', { known: stored({ y: 1 }) })
    await look('known')
    broken = 'fails'
    elapsed += 251
    expect(plane.lookUpNow('m', ['known'])).toBeNull()
    await expect(plane.lookUp('m', ['known'], context)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    broken = 'no'
    expect(await answersTo('known')).toMatchObject([{ output: { y: 1 } }])
  })

  it('looks into the store again only for what it does not know, and for the pointer', async () => {
    await open()
    await flipTo('s1', { a: stored({ y: 1 }) })
    await look('a', 'b')
    await look('a', 'b')
    const before = reads
    // Twice in one turn.
    for (let i = 0; i < 2; i++) plane.lookUpNow('m', ['a', 'b'])
    expect(reads).toBe(before)
    await new Promise((resolve) => setImmediate(resolve))
    await new Promise((resolve) => setImmediate(resolve))
    await look('a', 'b')
    expect(reads - before).toBe(engine === withoutReadNow ? 0 : 1)
  })
})
