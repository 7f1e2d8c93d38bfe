import { writeFile } from 'node:fs/promises'
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
