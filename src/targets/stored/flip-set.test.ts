import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fillSet, stored, storedPlace, type StoredPlace } from '../../../test/support/stored.js'
import type { StoredSet } from '../../core/stored-sets.js'
import { collectSets, flipSet, rollBack } from './flip-set.js'

const note = { by: 'tester', reason: 'test' }

describe('the pointer of a model', () => {
  let place: StoredPlace

  beforeEach(async () => {
    place = await storedPlace()
  })
  afterEach(() => place.remove())

  function fill(id: string, rows = 10): Promise<StoredSet> {
    const values = Object.fromEntries(Array.from({ length: rows }, (_, i) => [`k${i}`, stored({ y: id })]))
    return fillSet(place.sets, { id, values })
  }
  async function activeId(): Promise<string | null> {
    return (await place.sets.active('m'))?.id ?? null
  }

  it('goes to the newest set that is whole, or to the one named, and says so once', async () => {
    await fill('a')
    await fill('b')
    expect(await flipSet(place.sets, { model: 'm', ...note })).toMatchObject({
      verdict: 'passed',
      set: { id: 'b' },
      flip: { previous: null },
    })
    expect(await flipSet(place.sets, { model: 'm', set: 'a', ...note })).toMatchObject({ flip: { set: 'a', previous: 'b' } })
    expect(await flipSet(place.sets, { model: 'm', set: 'a', ...note })).toMatchObject({ flip: null })
    expect(await place.sets.flips('m')).toHaveLength(2)
  })

  it('stays where it is when the gate refuses, until it is forced', async () => {
    await fill('a')
    await flipSet(place.sets, { model: 'm', ...note })
    await fill('b', 2)
    await expect(flipSet(place.sets, { model: 'm', ...note })).rejects.toMatchObject({
      code: 'GATE_REFUSED',
      message: 'the set b was refused: 2 rows, 10 before; 20% fewer are allowed',
    })
    expect(await activeId()).toBe('a')
    expect(await place.sets.set('b')).toMatchObject({ state: 'refused', details: { gate: { passed: false, against: 'a' } } })
    expect(await flipSet(place.sets, { model: 'm', set: 'b', force: true, ...note })).toMatchObject({
      verdict: 'forced',
      set: { state: 'complete' },
    })
    expect(await activeId()).toBe('b')
  })

  it('does not go to a set that is not there, of another model, or still being written', async () => {
    await expect(flipSet(place.sets, { model: 'm', ...note })).rejects.toMatchObject({ code: 'SET_UNKNOWN' })
    await fill('a')
    await expect(flipSet(place.sets, { model: 'other', set: 'a', ...note })).rejects.toMatchObject({ code: 'SET_UNKNOWN' })
    await place.sets.create({ id: 'half', model: 'm', version: '1', digest: 'sha256:1', producedAt: 2 })
    await expect(flipSet(place.sets, { model: 'm', set: 'half', force: true, ...note })).rejects.toMatchObject({ code: 'SET_INCOMPLETE' })
  })

  it('goes back step by step, over sets that are gone, and no further than the first', async () => {
    for (const id of ['a', 'b', 'c', 'd']) {
      await fill(id)
      await flipSet(place.sets, { model: 'm', ...note })
    }
    await place.sets.drop('c')
    expect(await rollBack(place.sets, { model: 'm', ...note })).toMatchObject({ set: 'b', previous: 'd', kind: 'rollback' })
    expect(await rollBack(place.sets, { model: 'm', ...note })).toMatchObject({ set: 'a' })
    await expect(rollBack(place.sets, { model: 'm', ...note })).rejects.toMatchObject({ code: 'SET_UNKNOWN' })
    await flipSet(place.sets, { model: 'm', set: 'd', ...note })
    expect(await rollBack(place.sets, { model: 'm', ...note })).toMatchObject({ set: 'a' })
  })

  it('keeps the newest sets, the active one, the one before it, and what is being written, when old ones are removed', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) await fill(id)
    await flipSet(place.sets, { model: 'm', set: 'a', ...note })
    await flipSet(place.sets, { model: 'm', set: 'b', ...note })
    await place.sets.create({ id: 'half', model: 'm', version: '1', digest: 'sha256:1', producedAt: 1_000_000 })
    const day = 24 * 3_600_000
    expect(await collectSets(place.sets, 'm', { keep: 1, now: 1_000_000 + day })).toEqual({
      dropped: ['d', 'c'],
      kept: ['half', 'e', 'b', 'a'],
    })
    expect(await collectSets(place.sets, 'm', { keep: 0, now: 1_000_001 + day })).toEqual({ dropped: ['half', 'e'], kept: ['b', 'a'] })
  })
})
