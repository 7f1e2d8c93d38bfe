import { cp, rename, rm } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { by, contentOf, registryPlace, type RegistryPlace } from '../../test/support/registry.js'
import { openFolderStore } from '../drivers/folder/folder-store.js'
import { openRegistry, type Registry } from './registry.js'
import type { Flip } from './watch.js'

let place: RegistryPlace
let watched: Registry
let writer: Registry
let seen: Flip[]
let problems: unknown[]
const watching = {
  listen: (flip: Flip): void => void seen.push(flip),
  onProblem: (problem: unknown): void => void problems.push(problem),
}
const moves = (alias = 'champion'): (number | undefined)[] => seen.filter((flip) => flip.alias === alias).map(({ to }) => to?.version)

beforeEach(async () => {
  place = await registryPlace()
  watched = await place.open()
  writer = await place.open()
  for (const seed of ['a', 'b', 'c']) await writer.add('fraud', contentOf(seed), by)
  seen = []
  problems = []
})
afterEach(async () => {
  await watched.close()
  await writer.close()
  await place.remove()
})

describe('watch', () => {
  it('tells of a move by another process, from where to where and by whom, within a second', async () => {
    await watched.watch(watching.listen)
    const started = Date.now()
    await writer.promote('fraud', 2, 'champion', { actor: 'grace', reason: 'better' })
    await expect.poll(() => seen.length, { timeout: 1000, interval: 5 }).toBe(1)
    expect(Date.now() - started).toBeLessThan(1000)
    expect(seen[0]).toMatchObject({
      model: 'fraud',
      alias: 'champion',
      from: { version: 1 },
      to: { version: 2 },
      action: 'promote',
      actor: 'grace',
      reason: 'better',
    })
  })

  it('says nothing of what was before', async () => {
    await watched.watch(watching.listen, { pollMs: 10 })
    await writer.promote('fraud', 3, 'champion', by)
    await expect.poll(() => moves()).toEqual([3])
  })

  it('misses no move, however fast they follow each other', async () => {
    await watched.watch(watching.listen, { pollMs: 500 })
    const expected = Array.from({ length: 40 }, (_, index) => 2 + (index % 2))
    for (const version of expected) await writer.promote('fraud', version, 'champion', by)
    await expect.poll(() => moves().length, { timeout: 3000 }).toBe(40)
    expect(moves()).toEqual(expected)
  })

  it('needs no hints from the store: polling alone is enough', async () => {
    const { location, blobs, records } = await openFolderStore(place.root)
    const polled = await openRegistry({ location, blobs, records, close: async () => {} })
    await polled.watch(watching.listen)
    await writer.promote('fraud', 2, 'champion', by)
    await expect.poll(() => moves(), { timeout: 1000, interval: 5 }).toEqual([2])
    await polled.close()
  })

  it('tells of new models, of versions added, of rollbacks and of removed aliases', async () => {
    await watched.watch(watching.listen, { pollMs: 20 })
    await writer.add('spam', contentOf('s'), by)
    await writer.promote('fraud', 2, 'champion', by)
    await writer.rollback('fraud', 'champion', by)
    await writer.unalias('fraud', 'champion', by)
    await expect.poll(() => seen.length).toBe(5)
    const ofFraud = seen.filter(({ model }) => model === 'fraud')
    expect(ofFraud.map(({ action, to }) => [action, to?.version ?? null])).toEqual([
      ['promote', 2],
      ['rollback', 1],
      ['unalias', null],
    ])
    expect(seen.filter(({ model }) => model === 'spam').map(({ alias, from }) => [alias, from])).toEqual([
      ['champion', null],
      ['latest', null],
    ])
  })

  it('looks only at the models asked for', async () => {
    await watched.watch(watching.listen, { pollMs: 10, models: ['fraud', 'later'] })
    await writer.add('spam', contentOf('s'), by)
    await writer.add('later', contentOf('l'), by)
    await expect.poll(() => moves()).toEqual([1])
    expect(new Set(seen.map(({ model }) => model))).toEqual(new Set(['later']))
  })

  it('survives that the folder vanishes and comes back, and tells what happened after', async () => {
    await watched.watch(watching.listen, { pollMs: 10, onProblem: watching.onProblem })
    await rename(place.root, `${place.root}-away`)
    const away = await openRegistry(await openFolderStore(`${place.root}-away`))
    await away.promote('fraud', 2, 'champion', by)
    await away.close()
    await rename(`${place.root}-away`, place.root)
    await expect.poll(() => moves()).toEqual([2])
  })

  it('tells the story of a registry that was put in the place of the old one', async () => {
    await watched.watch(watching.listen, { pollMs: 10, onProblem: watching.onProblem })
    await cp(place.root, `${place.root}-new`, { recursive: true })
    await rm(`${place.root}-new/models/fraud`, { recursive: true })
    const other = await openRegistry(await openFolderStore(`${place.root}-new`))
    await other.add('fraud', contentOf('other'), by)
    await other.close()
    await rename(place.root, `${place.root}-old`)
    await rename(`${place.root}-new`, place.root)
    await expect.poll(() => moves()).toEqual([1])
    expect(seen[0]?.to?.digest).toBe((await watched.resolve('fraud')).digest)
  })

  it('goes on with other models when one is broken, and tells of the trouble once', async () => {
    const store = await openFolderStore(place.root)
    await watched.watch(watching.listen, { pollMs: 5, onProblem: watching.onProblem })
    await store.records.put('models/broken/journal/0000000001.json', new TextEncoder().encode('x'))
    await expect.poll(() => problems.length).toBe(1)
    for (const version of [2, 3, 2, 3]) await writer.promote('fraud', version, 'champion', by)
    await expect.poll(() => moves()).toEqual([2, 3, 2, 3])
    expect(problems).toMatchObject([{ code: 'JOURNAL_BROKEN' }])
  })

  it('goes on when the listener throws, and tells of that too', async () => {
    const failing = (flip: Flip): void => {
      seen.push(flip)
      throw new Error('the listener failed')
    }
    await watched.watch(failing, { pollMs: 10, onProblem: watching.onProblem })
    await writer.promote('fraud', 2, 'champion', by)
    await writer.promote('fraud', 3, 'champion', by)
    await expect.poll(() => moves()).toEqual([2, 3])
    expect(problems.length).toBeGreaterThan(0)
  })

  it.each(['close', 'signal', 'registry'] as const)('is silent after the end of the watch (%s)', async (how) => {
    const controller = new AbortController()
    const watcher = await watched.watch(watching.listen, { pollMs: 5, signal: controller.signal })
    const control = await place.open()
    const controlSeen: Flip[] = []
    await control.watch((flip) => void controlSeen.push(flip), { pollMs: 20 })
    if (how === 'signal') controller.abort()
    else await (how === 'close' ? watcher : watched).close()
    await writer.promote('fraud', 2, 'champion', by)
    await expect.poll(() => controlSeen.length).toBe(1)
    expect(seen).toEqual([])
    await watcher.close()
    await control.close()
  })

  it('does not begin with a signal that is aborted already', async () => {
    const watcher = await watched.watch(watching.listen, { pollMs: 5, signal: AbortSignal.abort() })
    await watcher.close()
    await writer.promote('fraud', 2, 'champion', by)
    expect(seen).toEqual([])
  })
})
