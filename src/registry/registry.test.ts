import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
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

describe('add', () => {
  it('numbers versions from 1 and makes the first one champion', async () => {
    const first = await registry.add('fraud', contentOf('a'), by)
    const second = await registry.add('fraud', contentOf('b'), by)
    expect([first.version, second.version]).toEqual([1, 2])
    expect(first.digest).toMatch(/^sha256:[0-9a-f]{64}$/u)
    expect([await at('fraud@champion'), await at('fraud@latest'), await at('fraud')]).toEqual([1, 2, 1])
  })

  it('gives the same version for the same content, whatever was measured and whenever it comes', async () => {
    const first = await registry.add('fraud', contentOf('a', { measured: { loadMs: 1, runMs: 2, engine: 'e' } }), by)
    await registry.add('fraud', contentOf('b'), by)
    const again = await registry.add('fraud', contentOf('a', { measured: { loadMs: 9, runMs: 9, engine: 'e' } }), by)
    expect(again).toEqual({ version: 1, digest: first.digest, outcome: 'existing' })
    expect((await registry.show('fraud')).versions).toHaveLength(2)
    expect(await at('fraud@latest')).toBe(2)
  })

  it('tells contents apart by every part of them', async () => {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
    const variants = [
      {},
      { definition: bytes('export default 1') },
      { definition: bytes('export default 2') },
      { golden: bytes('{"rows":[],"outputs":[]}') },
      { profile: bytes('{"rows":[],"outputs":[]}') },
      { externalData: [{ path: 'w.bin', source: bytes('w') }] },
      { externalData: [{ path: 'v.bin', source: bytes('w') }] },
      { fallbacks: [{ name: 'small', source: bytes('w') }] },
      { signature: { inputs: [] } },
      { lineage: { run: '7' } },
    ]
    const versions: number[] = []
    for (const variant of variants) versions.push((await registry.add('fraud', contentOf('a', variant), by)).version)
    expect(versions).toEqual(variants.map((_, index) => index + 1))
  })

  it('records who, when and what in the manifest and the journal', async () => {
    const clocked = await place.open({ now: () => Date.parse('2026-01-02T03:04:05Z') })
    await clocked.add('fraud', contentOf('a', { lineage: { run: '7' } }), { actor: 'ada', reason: 'first' })
    const { manifest } = await clocked.resolve('fraud@1')
    expect(manifest).toMatchObject({ name: 'fraud', createdAt: '2026-01-02T03:04:05.000Z', lineage: { run: '7' }, measured: null })
    const { journal, versions } = await clocked.show('fraud')
    expect(journal).toMatchObject([{ seq: 1, prev: null, actor: 'ada', reason: 'first', action: 'add', at: '2026-01-02T03:04:05.000Z' }])
    expect(versions).toMatchObject([{ version: 1, actor: 'ada' }])
    await clocked.close()
  })

  it('stores files by their path, and refuses one that is missing or was changed since it was inspected', async () => {
    const path = join(place.parent, 'model.onnx')
    await writeFile(path, 'artifact a')
    expect((await registry.add('fraud', { ...contentOf('a'), artifact: path }, by)).version).toBe(1)
    expect((await registry.add('fraud', contentOf('a'), by)).outcome).toBe('existing')
    const inspected = { path, digest: `sha256:${'0'.repeat(64)}` }
    await expect(registry.add('fraud', { ...contentOf('b'), artifact: inspected }, by)).rejects.toMatchObject({ code: 'INTEGRITY' })
    await expect(registry.add('fraud', { ...contentOf('b'), artifact: `${path}x` }, by)).rejects.toMatchObject({ code: 'FILE_UNKNOWN' })
    await expect(registry.add('fraud', { ...contentOf('b'), artifact: place.parent }, by)).rejects.toMatchObject({ code: 'FILE_UNKNOWN' })
    expect((await registry.show('fraud')).versions).toHaveLength(1)
  })

  it.each([
    '../w.bin',
    '/etc/passwd',
    'a/../../w',
    'w\0.bin',
    'a\\..\\w',
    'C:w',
    '',
    '.',
    './w',
    'a//b',
    'model.onnx',
    'Definition.MJS',
    'fallback-0.onnx',
    'model.onnx/w',
  ])('refuses %j as a path of external data', async (path) => {
    const content = contentOf('a', { externalData: [{ path, source: new Uint8Array(1) }] })
    await expect(registry.add('fraud', content, by)).rejects.toMatchObject({ code: 'ARTIFACT_EXTERNAL' })
    expect(await registry.list()).toEqual([])
  })

  it('refuses external data given twice, in any spelling, or as file and folder at once', async () => {
    for (const paths of [
      ['w', 'w'],
      ['w', 'W'],
      ['é', 'é'.normalize('NFD')],
      ['w', 'w/x'],
    ]) {
      const externalData = paths.map((path) => ({ path, source: new Uint8Array(1) }))
      await expect(registry.add('fraud', contentOf('a', { externalData }), by)).rejects.toMatchObject({ code: 'ARTIFACT_EXTERNAL' })
    }
  })

  it('refuses fallback models without names of their own', async () => {
    const source = new Uint8Array(1)
    for (const names of [[''], ['a', 'a']]) {
      const fallbacks = names.map((name) => ({ name, source }))
      await expect(registry.add('fraud', contentOf('a', { fallbacks }), by)).rejects.toMatchObject({ code: 'DEFINITION_INVALID' })
    }
  })

  it('adds anew what has lost its manifest, and stores anew what was damaged', async () => {
    const first = await registry.add('fraud', contentOf('a'), by)
    await writeFile(join(place.root, 'manifests', `${first.digest.slice(7)}.json`), '{}')
    const again = await registry.add('fraud', contentOf('a'), by)
    expect(again).toMatchObject({ version: 2, outcome: 'added' })
    expect((await registry.resolve('fraud@2')).digest).toBe(again.digest)
  })

  it('wants an actor', async () => {
    await expect(registry.add('fraud', contentOf('a'), { actor: ' ' })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
  })

  it('gives every one of many concurrent adds its own number', async () => {
    const others = await Promise.all([place.open(), place.open(), place.open()])
    const added = await Promise.all(Array.from({ length: 24 }, (_, index) => others[index % 3]?.add('fraud', contentOf(`${index}`), by)))
    expect(added.map((each) => each?.version).sort((a = 0, b = 0) => a - b)).toEqual(Array.from({ length: 24 }, (_, index) => index + 1))
    expect((await registry.verify()).findings).toEqual([])
    await Promise.all(others.map((each) => each.close()))
  })

  it('makes one version of many concurrent adds of one content', async () => {
    const added = await Promise.all(Array.from({ length: 8 }, () => registry.add('fraud', contentOf('same'), by)))
    expect(new Set(added.map(({ version, digest }) => `${version} ${digest}`)).size).toBe(1)
    expect(added.filter(({ outcome }) => outcome === 'added')).toHaveLength(1)
  })
})

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
