import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { by, contentOf, registryPlace, type RegistryPlace } from '../../test/support/registry.js'
import { openFolderStore } from '../drivers/folder/folder-store.js'
import { openRegistry, type Registry } from './registry.js'

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

describe('resolve', () => {
  it('finds by alias, number and digest, and says through which alias', async () => {
    await addThree()
    const second = await registry.resolve('fraud@2')
    expect(second).toMatchObject({ name: 'fraud', version: 2, alias: null })
    expect(await registry.resolve(`fraud@${second.digest}`)).toEqual(second)
    expect(await registry.resolve('fraud@latest')).toMatchObject({ version: 3, alias: 'latest' })
    expect(await registry.resolve('fraud')).toMatchObject({ version: 1, alias: 'champion' })
  })

  it('takes latest, then the highest number, for a model without a champion', async () => {
    await addThree()
    await registry.unalias('fraud', 'champion', by)
    expect(await registry.resolve('fraud')).toMatchObject({ version: 3, alias: 'latest' })
    await registry.unalias('fraud', 'latest', by)
    expect(await registry.resolve('fraud')).toMatchObject({ version: 3, alias: null })
  })

  it('names what is unknown', async () => {
    await addThree()
    const codes: Record<string, string> = {
      spam: 'MODEL_UNKNOWN',
      'fraud@4': 'VERSION_UNKNOWN',
      'fraud@0': 'VERSION_UNKNOWN',
      'fraud@007': 'VERSION_UNKNOWN',
      [`fraud@sha256:${'0'.repeat(64)}`]: 'VERSION_UNKNOWN',
      'fraud@sha256:12': 'VERSION_UNKNOWN',
      'fraud@challenger': 'ALIAS_UNKNOWN',
      'fraud@constructor': 'ALIAS_UNKNOWN',
      constructor: 'MODEL_UNKNOWN',
    }
    for (const [reference, code] of Object.entries(codes)) await expect(registry.resolve(reference)).rejects.toMatchObject({ code })
  })

  it.each([
    '',
    '..',
    '../fraud',
    '/etc/passwd',
    'a/b',
    'fraud\0',
    '%2e%2e',
    '..%2f',
    'Fraud',
    '-x',
    '.x',
    'a\\b',
    'ä',
    'a'.repeat(129),
    'fraud@',
    'fraud@../x',
    'fraud@a/b',
    'fraud@A',
    '@1',
    `fraud@${'a'.repeat(129)}`,
  ])('refuses %j before it touches the store', async (reference) => {
    await expect(registry.resolve(reference)).rejects.toMatchObject({ code: 'MODEL_NAME' })
  })

  it('takes names of 128 characters, and names that objects have by birth', async () => {
    for (const name of ['a'.repeat(128), 'constructor', '0', 'a..b']) {
      await registry.add(name, contentOf(name), by)
      await registry.promote(name, 1, name === '0' ? 'x' : name, by)
      expect(await at(`${name}@${name === '0' ? 'x' : name}`)).toBe(1)
    }
    expect((await registry.verify()).findings).toEqual([])
  })
})

describe('list and show', () => {
  it('lists models by name with their versions and aliases', async () => {
    await addThree()
    await registry.add('alpha', contentOf('x'), by)
    expect(await registry.list()).toMatchObject([
      { name: 'alpha', versions: [1], aliases: { champion: 1, latest: 1 }, problem: null },
      { name: 'fraud', versions: [1, 2, 3], aliases: { champion: 1, latest: 3 }, problem: null },
    ])
  })

  it('lists a model whose journal is broken with its problem, beside the others', async () => {
    await addThree()
    await registry.add('alpha', contentOf('x'), by)
    await writeFile(join(place.root, 'models/alpha/journal/0000000001.json'), 'x')
    expect(await registry.list()).toMatchObject([
      { name: 'alpha', problem: { code: 'JOURNAL_BROKEN' } },
      { name: 'fraud', problem: null },
    ])
  })

  it('shows as many journal entries as asked for, the newest last', async () => {
    await addThree()
    expect((await registry.show('fraud', { entries: 2 })).journal.map(({ seq }) => seq)).toEqual([2, 3])
    expect((await registry.show('fraud', { entries: 0 })).journal).toEqual([])
    await expect(registry.show('spam')).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' })
  })
})

describe('openRegistry', () => {
  it('marks an empty folder as a registry, and opens it again', async () => {
    expect(JSON.parse(await readFile(join(place.root, 'registry.json'), 'utf8'))).toEqual({ format: 'slipway-registry', schemaVersion: 1 })
    await addThree()
    expect(await (await place.open()).resolve('fraud')).toMatchObject({ version: 1 })
  })

  it('refuses another schema, a damaged marker and a lost one', async () => {
    await addThree()
    for (const marker of ['{"format":"slipway-registry","schemaVersion":2}', '{}', 'x', '']) {
      await writeFile(join(place.root, 'registry.json'), marker)
      await expect(place.open()).rejects.toMatchObject({ code: 'REGISTRY_FORMAT' })
    }
    const store = await openFolderStore(place.root)
    await store.records.delete('registry.json')
    await expect(openRegistry(store)).rejects.toMatchObject({ code: 'REGISTRY_FORMAT' })
  })

  it('makes no registry where it is told not to', async () => {
    const empty = join(place.parent, 'empty')
    await mkdir(empty)
    await expect(openRegistry(await openFolderStore(empty), { create: 'never' })).rejects.toMatchObject({ code: 'REGISTRY_FORMAT' })
  })

  it('can be opened for the first time by many at once', async () => {
    const fresh = join(place.parent, 'fresh')
    const opened = await Promise.all(Array.from({ length: 8 }, async () => await openRegistry(await openFolderStore(fresh))))
    await Promise.all(opened.map((each, index) => each.add('fraud', contentOf(`${index}`), by)))
    expect((await opened[0]?.show('fraud'))?.versions).toHaveLength(8)
  })
})
