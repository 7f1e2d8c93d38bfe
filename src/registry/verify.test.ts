import { chmod, copyFile, readFile, readdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { by, contentOf, registryPlace, type RegistryPlace } from '../../test/support/registry.js'
import type { Registry } from './registry.js'

let place: RegistryPlace
let registry: Registry
beforeEach(async () => {
  place = await registryPlace()
  registry = await place.open()
  for (const seed of ['a', 'b'])
    await registry.add('fraud', contentOf(seed, { golden: new TextEncoder().encode(`{"rows":["${seed}"]}`) }), by)
  await registry.promote('fraud', 2, 'champion', { actor: 'ada', reason: 'better' })
  await registry.add('spam', contentOf('s'), by)
})
afterEach(async () => {
  await registry.close()
  await place.remove()
})

const inRoot = (...parts: readonly string[]): string => join(place.root, ...parts)
const entryPath = (seq: number): string => inRoot('models/fraud/journal', `${String(seq).padStart(10, '0')}.json`)
const blobPath = (digest: string): string => inRoot('blobs/sha256', digest.slice(7, 9), digest.slice(7))

async function flipBit(path: string, position: number): Promise<void> {
  const bytes = await readFile(path)
  const index = Math.floor(position * bytes.length)
  bytes[index] = (bytes[index] ?? 0) ^ (1 << (index % 7))
  await chmod(path, 0o644)
  await writeFile(path, bytes)
}

/** What a new process that opens the registry finds, as `code subject`. */
async function findings(name?: string): Promise<string[]> {
  const fresh = await place.open()
  const report = await fresh.verify(name)
  await fresh.close()
  return report.findings.map(({ code, model, subject }) => `${code} ${model} ${subject}`)
}

describe('verify', () => {
  it('counts what it checked, and finds nothing in a sound registry', async () => {
    const report = await registry.verify()
    expect(report).toEqual({ models: 2, versions: 3, entries: 4, blobs: 5, bytes: 3 * 10 + 2 * 14, findings: [] })
    expect(await registry.verify('spam')).toMatchObject({ models: 1, versions: 1, entries: 1, blobs: 1, findings: [] })
    await expect(registry.verify('other')).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' })
  })

  it.each([0, 0.3, 0.6, 0.99])('names a blob with one flipped bit (at %f), and refuses to check it out', async (position) => {
    const { manifest, digest } = await registry.resolve('fraud@1')
    await flipBit(blobPath(manifest.artifact.digest), position)
    expect(await findings()).toEqual([`INTEGRITY fraud blob ${manifest.artifact.digest}`])
    expect(await findings('spam')).toEqual([])
    await expect(registry.checkout(digest, join(place.parent, 'cache'))).rejects.toMatchObject({ code: 'INTEGRITY' })
    expect(await readdir(join(place.parent, 'cache'))).toEqual([])
  })

  it('names a blob that is missing, cut short, or too long, until the content is added again', async () => {
    const { manifest } = await registry.resolve('fraud@1')
    const path = blobPath(manifest.artifact.digest)
    for (const damage of [() => rm(path), () => truncate(path, 3), () => writeFile(path, 'artifact a and more')]) {
      await chmod(path, 0o644)
      await damage()
      expect(await findings()).toEqual([`INTEGRITY fraud blob ${manifest.artifact.digest}`])
      const again = await registry.add('fraud', contentOf('a', { golden: new TextEncoder().encode('{"rows":["a"]}') }), by)
      expect(again).toMatchObject({ version: 1, outcome: 'existing' })
      expect(await findings()).toEqual([])
    }
  })

  it.each([0, 0.2, 0.5, 0.8, 0.99])('names a manifest with one flipped bit (at %f), and refuses to resolve it', async (position) => {
    const { digest } = await registry.resolve('fraud@1')
    await flipBit(inRoot('manifests', `${digest.slice(7)}.json`), position)
    expect(await findings()).toContain(`INTEGRITY fraud manifest ${digest}`)
    await expect(registry.resolve('fraud@1')).rejects.toMatchObject({ code: 'INTEGRITY' })
    expect(await registry.resolve('fraud@2')).toMatchObject({ version: 2 })
  })

  it.each([1, 2, 3].flatMap((seq) => [0, 0.1, 0.35, 0.5, 0.75, 0.9, 0.999].map((position) => [seq, position] as const)))(
    'names journal entry %i with one flipped bit (at %f)',
    async (seq, position) => {
      await flipBit(entryPath(seq), position)
      expect(await findings()).toContain(`JOURNAL_BROKEN fraud journal entry ${seq}`)
    },
  )

  it('refuses to serve from a journal whose last entry was changed', async () => {
    await flipBit(entryPath(3), 0.5)
    const fresh = await place.open()
    const uses = [
      () => fresh.resolve('fraud'),
      () => fresh.promote('fraud', 1, 'champion', by),
      () => fresh.add('fraud', contentOf('z'), by),
    ]
    for (const use of uses) await expect(use()).rejects.toMatchObject({ code: 'JOURNAL_BROKEN' })
    expect(await fresh.resolve('spam')).toMatchObject({ version: 1 })
  })

  it.each([0, 0.2, 0.4, 0.6, 0.8, 0.99])('names an alias file with one flipped bit (at %f), and does not believe it', async (position) => {
    await flipBit(inRoot('models/fraud/aliases/champion.json'), position)
    expect(await findings()).toEqual(['INTEGRITY fraud alias champion'])
    const fresh = await place.open()
    expect(await fresh.resolve('fraud')).toMatchObject({ version: 2 })
    await fresh.promote('fraud', 1, 'champion', by)
    expect(await findings()).toEqual([])
  })

  it.each([0, 0.2, 0.4, 0.6, 0.8, 0.99])('names a checkpoint with one flipped bit (at %f)', async (position) => {
    await flipBit(inRoot('models/fraud/head.json'), position)
    const found = await findings()
    expect(found).toHaveLength(1)
    // A bit in its sequence number makes it speak of entries that there are not.
    expect(found[0]).toMatch(/^(?:INTEGRITY fraud checkpoint|JOURNAL_BROKEN fraud journal entry 4)$/u)
  })

  it('does not believe a checkpoint that is well formed and wrong', async () => {
    const path = inRoot('models/fraud/head.json')
    await writeFile(path, (await readFile(path, 'utf8')).replaceAll('"version":2', '"version":1'))
    expect(await findings()).toEqual(['INTEGRITY fraud checkpoint'])
    await expect((await place.open()).resolve('fraud')).resolves.toMatchObject({ version: 2 })
  })

  it('names entries that are missing: in the middle, at the end, or put in another order', async () => {
    await rename(entryPath(2), entryPath(9))
    expect(await findings()).toEqual(['JOURNAL_BROKEN fraud journal entry 2'])
    await rename(entryPath(9), entryPath(2))
    await rename(entryPath(3), inRoot('tmp/saved'))
    expect(await findings()).toContain('JOURNAL_BROKEN fraud journal entry 3')
    await expect((await place.open()).resolve('fraud')).rejects.toMatchObject({ code: 'JOURNAL_BROKEN' })
    await copyFile(entryPath(2), entryPath(3))
    expect(await findings()).toContain('JOURNAL_BROKEN fraud journal entry 3')
    await rename(inRoot('tmp/saved'), entryPath(3))
    expect(await findings()).toEqual([])
  })

  it('names the journal of one model under the name of another', async () => {
    await copyFile(inRoot('models/spam/journal/0000000001.json'), entryPath(1))
    expect(await findings()).toContain('JOURNAL_BROKEN fraud journal entry 1')
  })

  it('names an alias file that is a symbolic link or that nobody made, and follows neither', async () => {
    await writeFile(join(place.parent, 'secret'), await readFile(inRoot('models/fraud/aliases/champion.json')))
    await rm(inRoot('models/fraud/aliases/champion.json'))
    await symlink(join(place.parent, 'secret'), inRoot('models/fraud/aliases/champion.json'))
    await writeFile(inRoot('models/fraud/aliases/invented.json'), '{}')
    expect((await findings()).sort()).toEqual(['INTEGRITY fraud alias champion', 'INTEGRITY fraud alias invented'])
    await registry.promote('fraud', 1, 'champion', by)
    expect(JSON.parse(await readFile(join(place.parent, 'secret'), 'utf8'))).toMatchObject({ target: { version: 2 } })
    expect(await findings()).toEqual(['INTEGRITY fraud alias invented'])
  })

  it('names damage in what no version uses any more', async () => {
    await registry.promote('fraud', 2, 'latest', by)
    const { manifest, digest } = await registry.resolve('fraud@1')
    await registry.remove('fraud', 1, by)
    await flipBit(blobPath(manifest.artifact.digest), 0.5)
    await flipBit(inRoot('manifests', `${digest.slice(7)}.json`), 0.5)
    expect((await findings()).sort()).toEqual([`INTEGRITY null blob ${manifest.artifact.digest}`, `INTEGRITY null manifest ${digest}`])
  })

  it('works without the files that follow from the journal, and writes them anew when the registry is opened', async () => {
    const files = ['aliases/champion.json', 'aliases/latest.json', 'head.json'].map((file) => inRoot('models/fraud', file))
    const before = await Promise.all(files.map((file) => readFile(file)))
    for (const file of files) await rm(file)
    expect(await registry.resolve('fraud')).toMatchObject({ version: 2 })
    expect(await findings()).toEqual([])
    expect(await Promise.all(files.map((file) => readFile(file)))).toEqual(before)
  })

  it('rolls an alias file forward that an interrupted writer left behind', async () => {
    const path = inRoot('models/fraud/aliases/champion.json')
    const old = await readFile(path)
    await registry.promote('fraud', 1, 'champion', by)
    const current = await readFile(path)
    await writeFile(path, old)
    await (await place.open()).close()
    expect(await readFile(path)).toEqual(current)
  })
})
