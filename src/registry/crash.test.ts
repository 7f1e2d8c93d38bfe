import { cp } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { by, contentOf, registryPlace, type RegistryPlace } from '../../test/support/registry.js'
import type { RegistryStore } from '../core/registry-store.js'
import { openFolderStore } from '../drivers/folder/folder-store.js'
import { openRegistry, type Registry } from './registry.js'

class Crash extends Error {}

interface Fuse {
  /** Writes until the process dies. */
  left: number
  burnt: boolean
}

/** The real store, in a process that dies around its `fuse.left`-th write: before it reaches the disk, or just after. */
function crashing(store: RegistryStore, fuse: Fuse, when: 'before' | 'after'): RegistryStore {
  const step = async <T>(write: () => Promise<T>): Promise<T> => {
    if (!fuse.burnt && fuse.left > 0) {
      fuse.left -= 1
      return await write()
    }
    if (!fuse.burnt && when === 'after') await write()
    fuse.burnt = true
    throw new Crash()
  }
  const alive = async <T>(read: () => Promise<T>): Promise<T> => {
    if (fuse.burnt) throw new Crash()
    return await read()
  }
  return {
    location: store.location,
    blobs: {
      put: (ref, bytes) => step(() => store.blobs.put(ref, bytes)),
      read: (digest) => store.blobs.read(digest),
      stat: (digest) => alive(() => store.blobs.stat(digest)),
      list: () => store.blobs.list(),
      delete: (blob) => step(() => store.blobs.delete(blob)),
    },
    records: {
      get: (key) => alive(() => store.records.get(key)),
      has: (key) => alive(() => store.records.has(key)),
      create: (key, bytes) => step(() => store.records.create(key, bytes)),
      put: (key, bytes) => step(() => store.records.put(key, bytes)),
      delete: (key) => step(() => store.records.delete(key)),
      list: (prefix) => store.records.list(prefix),
    },
    close: async () => {},
  }
}

const operations: Readonly<Record<string, (registry: Registry) => Promise<unknown>>> = {
  'the first add': (registry) => registry.add('new', contentOf('n', { golden: new TextEncoder().encode('{}') }), by),
  'a further add': (registry) => registry.add('fraud', contentOf('z', { golden: new TextEncoder().encode('{}') }), by),
  'a promotion': (registry) => registry.promote('fraud', 3, 'champion', by),
  'a new alias': (registry) => registry.promote('fraud', 1, 'challenger', by),
  'a rollback': (registry) => registry.rollback('fraud', 'champion', by),
  'the removal of an alias': (registry) => registry.unalias('fraud', 'champion', by),
  'the removal of a version': (registry) => registry.remove('fraud', 1, by),
  'a collection': (registry) => registry.gc({ graceMs: -1000 }),
}

let template: RegistryPlace
beforeAll(async () => {
  template = await registryPlace()
  const registry = await template.open()
  for (const seed of ['a', 'b', 'c', 'd']) await registry.add('fraud', contentOf(seed), by)
  await registry.promote('fraud', 2, 'champion', by)
  await registry.promote('fraud', 2, 'latest', by)
  await registry.remove('fraud', 4, by)
  await registry.close()
})
afterAll(() => template.remove())

async function prepared(): Promise<RegistryPlace> {
  const place = await registryPlace()
  await cp(template.root, place.root, { recursive: true })
  return place
}

/** What a user sees: versions and aliases of every model. */
async function seen(place: RegistryPlace): Promise<string> {
  const registry = await place.open()
  const models = (await registry.list()).map(({ name, versions, aliases }) => ({ name, versions, aliases }))
  await registry.close()
  return JSON.stringify(models)
}

/** Runs `operation` in a process that dies at write `writes`; true when it did die. */
async function dies(
  place: RegistryPlace,
  writes: number,
  when: 'before' | 'after',
  operation: (registry: Registry) => Promise<unknown>,
): Promise<boolean> {
  const fuse: Fuse = { left: writes, burnt: false }
  const registry = await openRegistry(crashing(await openFolderStore(place.root), fuse, when), { onProblem: () => {} })
  await operation(registry).catch((thrown: unknown) => {
    if (!(thrown instanceof Crash)) throw thrown
  })
  return fuse.burnt
}

describe.each(Object.entries(operations))('a process that dies during %s', (_, operation) => {
  it.each(['before', 'after'] as const)('leaves all of it or nothing, whichever write it dies at (%s the write)', async (when) => {
    const outcomes: string[] = []
    for (let writes = 0; ; writes++) {
      const place = await prepared()
      const before = await seen(template)
      const died = await dies(place, writes, when, operation)
      const after = await seen(place)
      const registry = await place.open()
      expect((await registry.verify()).findings).toEqual([])
      expect((await registry.add('fraud', contentOf('next'), by)).outcome).toBe('added')
      await registry.promote('fraud', 'latest', 'champion', by)
      expect((await registry.verify()).findings).toEqual([])
      await place.remove()
      outcomes.push(after === before ? 'nothing' : after)
      if (!died) break
    }
    expect(new Set(outcomes).size).toBeLessThanOrEqual(2)
    expect(outcomes.length).toBeGreaterThan(1)
    // Once done, it stays done: no later crash undoes it.
    const done = outcomes.findIndex((outcome) => outcome !== 'nothing')
    expect(outcomes.slice(done < 0 ? outcomes.length : done)).not.toContain('nothing')
  })
})
