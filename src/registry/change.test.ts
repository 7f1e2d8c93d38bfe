import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { by, contentOf, registryPlace, type RegistryPlace } from '../../test/support/registry.js'
import type { Registry } from './registry.js'

let place: RegistryPlace
let registry: Registry
beforeEach(async () => {
  place = await registryPlace()
  registry = await place.open()
})
afterEach(async () => {
  await registry.close()
  await place.remove()
})

const addThree = async (): Promise<void> => {
  for (const seed of ['a', 'b', 'c']) await registry.add('fraud', contentOf(seed), by)
}
const at = async (reference: string): Promise<number> => (await registry.resolve(reference)).version

describe('promote', () => {
  it('moves an alias to a version given by number, digest or another alias', async () => {
    await addThree()
    const { digest } = await registry.resolve('fraud@2')
    for (const [version, expected] of [
      [3, 3],
      ['2', 2],
      ['latest', 3],
      [digest, 2],
    ] as const) {
      expect((await registry.promote('fraud', version, 'champion', by)).target.version).toBe(expected)
      expect(await at('fraud')).toBe(expected)
    }
  })

  it('changes nothing when the alias already points there', async () => {
    await addThree()
    const before = await registry.show('fraud')
    expect(await registry.promote('fraud', 1, 'champion', by)).toEqual(before.aliases['champion'])
    expect(await registry.show('fraud')).toEqual(before)
  })

  it('moves an alias only from where the caller saw it', async () => {
    await addThree()
    const other = await place.open()
    const seen = (await registry.show('fraud')).aliases['champion']?.etag ?? ''
    await other.promote('fraud', 2, 'champion', { ...by, expect: seen })
    await expect(registry.promote('fraud', 3, 'champion', { ...by, expect: seen })).rejects.toMatchObject({ code: 'ALIAS_CONFLICT' })
    await expect(registry.rollback('fraud', 'champion', { ...by, expect: seen })).rejects.toMatchObject({ code: 'ALIAS_CONFLICT' })
    await expect(registry.promote('fraud', 3, 'champion', { ...by, expect: null })).rejects.toMatchObject({ code: 'ALIAS_CONFLICT' })
    await expect(registry.promote('fraud', 3, 'new', { ...by, expect: seen })).rejects.toMatchObject({ code: 'ALIAS_CONFLICT' })
    expect(await at('fraud')).toBe(2)
    await registry.promote('fraud', 3, 'new', { ...by, expect: null })
    await other.close()
  })

  it('does not take the move of another alias for a conflict', async () => {
    await addThree()
    const seen = (await registry.show('fraud')).aliases['champion']?.etag ?? ''
    await registry.promote('fraud', 2, 'challenger', by)
    expect((await registry.promote('fraud', 2, 'champion', { ...by, expect: seen })).target.version).toBe(2)
  })

  it('lets one of many concurrent movers with the same etag win', async () => {
    await addThree()
    const stores = await Promise.all([place.open(), place.open(), place.open()])
    const seen = (await registry.show('fraud')).aliases['champion']?.etag ?? ''
    const moves = stores.map((each, index) => each.promote('fraud', index === 0 ? 2 : 3, 'champion', { ...by, expect: seen }))
    const settled = await Promise.allSettled(moves)
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    await Promise.all(stores.map((each) => each.close()))
  })

  it('shows the alias in its own file, as JSON that other programs can read', async () => {
    await addThree()
    await registry.promote('fraud', 2, 'champion', { actor: 'ada', reason: 'better' })
    const file: unknown = JSON.parse(await readFile(join(place.root, 'models/fraud/aliases/champion.json'), 'utf8'))
    expect(file).toMatchObject({
      model: 'fraud',
      alias: 'champion',
      target: { version: 2 },
      prev: { version: 1 },
      actor: 'ada',
      reason: 'better',
    })
  })

  it.each(['1', '42', '..', '../x', 'A', '', 'a/b', 'x\0'])('refuses %j as an alias', async (alias) => {
    await addThree()
    await expect(registry.promote('fraud', 2, alias, by)).rejects.toMatchObject({ code: 'MODEL_NAME' })
  })
})

describe('rollback', () => {
  it('goes back one step at a time, to the beginning and no further', async () => {
    await addThree()
    await registry.promote('fraud', 2, 'champion', by)
    await registry.promote('fraud', 3, 'champion', by)
    expect((await registry.rollback('fraud', 'champion', by)).target.version).toBe(2)
    expect((await registry.rollback('fraud', 'champion', by)).target.version).toBe(1)
    await expect(registry.rollback('fraud', 'champion', by)).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' })
    expect(await at('fraud')).toBe(1)
  })

  it('starts a promotion after a rollback from where that led', async () => {
    await addThree()
    await registry.promote('fraud', 2, 'champion', by)
    await registry.rollback('fraud', 'champion', by)
    await registry.promote('fraud', 3, 'champion', by)
    expect((await registry.rollback('fraud', 'champion', by)).target.version).toBe(1)
  })

  it('steps over versions that were removed since', async () => {
    await addThree()
    await registry.promote('fraud', 2, 'champion', by)
    await registry.promote('fraud', 3, 'champion', by)
    await registry.remove('fraud', 2, by)
    expect((await registry.rollback('fraud', 'champion', by)).target.version).toBe(1)
  })

  it('knows no alias that is not there', async () => {
    await addThree()
    await expect(registry.rollback('fraud', 'challenger', by)).rejects.toMatchObject({ code: 'ALIAS_UNKNOWN' })
    await expect(registry.rollback('spam', 'champion', by)).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' })
  })
})

describe('remove and gc', () => {
  it('refuses to remove a version that an alias points at, and names the alias', async () => {
    await addThree()
    await expect(registry.remove('fraud', 1, by)).rejects.toMatchObject({ code: 'VERSION_IN_USE' })
    await expect(registry.remove('fraud', 3, by)).rejects.toThrow(/latest/u)
    await expect(registry.remove('fraud', 'latest', by)).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' })
    await expect(registry.remove('fraud', 9, by)).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' })
  })

  it('forgets a removed version and does not give its number again', async () => {
    await addThree()
    await registry.promote('fraud', 1, 'latest', by)
    await registry.remove('fraud', 3, by)
    await expect(registry.resolve('fraud@3')).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' })
    expect((await registry.add('fraud', contentOf('c'), by)).version).toBe(4)
  })

  it('no longer lists a model without versions and aliases, but keeps its journal', async () => {
    await registry.add('fraud', contentOf('a'), by)
    await registry.unalias('fraud', 'champion', by)
    await registry.unalias('fraud', 'latest', by)
    await registry.remove('fraud', 1, by)
    expect(await registry.list()).toEqual([])
    expect((await registry.show('fraud')).journal).toHaveLength(4)
    await registry.add('fraud', contentOf('b'), by)
    expect(await at('fraud@champion')).toBe(2)
  })

  it('collects only what no version uses, and keeps what is young', async () => {
    await addThree()
    await registry.add('fraud', contentOf('d', { definition: new TextEncoder().encode('artifact a') }), by)
    await registry.remove('fraud', 2, by)
    await registry.remove('fraud', 3, by)
    expect(await registry.gc()).toEqual({ blobs: 0, manifests: 0, bytes: 0 })
    expect(await registry.gc({ graceMs: -1000 })).toEqual({ blobs: 2, manifests: 2, bytes: 'artifact b'.length * 2 })
    expect((await registry.verify()).findings).toEqual([])
    await registry.checkout((await registry.resolve('fraud@4')).digest, join(place.parent, 'cache'))
  })

  it('collects nothing when it cannot read what is used', async () => {
    const { digest } = await registry.add('fraud', contentOf('a'), by)
    await writeFile(join(place.root, 'manifests', `${digest.slice(7)}.json`), '{}')
    await expect(registry.gc({ graceMs: -1000 })).rejects.toMatchObject({ code: 'INTEGRITY' })
    expect((await readdir(join(place.root, 'blobs/sha256'))).length).toBe(1)
  })
})
