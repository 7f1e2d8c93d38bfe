import { chmod, link, lstat, mkdir, readFile, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { by, contentOf, registryPlace, type RegistryPlace } from '../../test/support/registry.js'
import type { Registry } from './registry.js'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const content = contentOf('a', {
  externalData: [
    { path: 'weights.bin', source: bytes('weights') },
    { path: 'deep/er/more.bin', source: bytes('more') },
  ],
  fallbacks: [
    { name: 'small', source: bytes('small model') },
    { name: 'smaller', source: bytes('smaller model') },
  ],
  definition: bytes('export default {}'),
  golden: bytes('{"rows":[{"x":1}],"outputs":[{"y":2}]}'),
  profile: bytes('{"x":{}}'),
})

let place: RegistryPlace
let registry: Registry
let cache: string
let digest: string
beforeEach(async () => {
  place = await registryPlace()
  registry = await place.open()
  cache = join(place.parent, 'cache')
  digest = (await registry.add('fraud', content, by)).digest
})
afterEach(async () => {
  await registry.close()
  await place.remove()
})

describe('checkout', () => {
  it('lays out every part of a version in a private directory, the external data where the graph names them', async () => {
    const out = await registry.checkout(digest, cache)
    const read = (path: string | null): Promise<string> => readFile(path ?? '', 'utf8')
    expect(await read(out.artifactPath)).toBe('artifact a')
    expect(await read(join(out.dir, 'weights.bin'))).toBe('weights')
    expect(await read(join(out.dir, 'deep/er/more.bin'))).toBe('more')
    expect(await read(out.definitionPath)).toBe('export default {}')
    expect(out.fallbackPaths.map(({ name }) => name)).toEqual(['small', 'smaller'])
    expect(await read(out.fallbackPaths[1]?.path ?? '')).toBe('smaller model')
    expect(out.golden).toEqual({ rows: [{ x: 1 }], outputs: [{ y: 2 }] })
    expect(out.profile).toEqual({ x: {} })
    expect(out.manifest).toEqual((await registry.resolve('fraud')).manifest)
    expect((await stat(out.dir)).mode & 0o777).toBe(0o700)
    const artifact = await stat(out.artifactPath)
    expect([artifact.mode & 0o777, artifact.nlink]).toEqual([0o400, 1])
  })

  it('has nothing where the version has nothing', async () => {
    const bare = await registry.add('fraud', contentOf('bare'), by)
    const out = await registry.checkout(bare.digest, cache)
    expect(out).toMatchObject({ definitionPath: null, golden: null, profile: null, fallbackPaths: [] })
    expect(await readdir(out.dir)).toEqual(['model.onnx'])
  })

  it('uses an intact directory again without copying', async () => {
    const first = await registry.checkout(digest, cache)
    const before = await stat(first.artifactPath)
    expect(await registry.checkout(digest, cache)).toEqual(first)
    expect((await stat(first.artifactPath)).ino).toBe(before.ino)
    expect(await readdir(cache)).toHaveLength(1)
  })

  it('replaces a directory in which anything was changed', async () => {
    const { dir, artifactPath } = await registry.checkout(digest, cache)
    const changes: readonly (() => Promise<unknown>)[] = [
      async () => {
        await chmod(artifactPath, 0o600)
        await writeFile(artifactPath, 'artifact b')
      },
      () => rm(artifactPath),
      () => writeFile(join(dir, 'extra.bin'), 'x'),
      async () => {
        await writeFile(join(place.parent, 'other'), 'artifact a')
        await rm(artifactPath)
        await symlink(join(place.parent, 'other'), artifactPath)
      },
      () => link(artifactPath, join(place.parent, 'second-name')),
      async () => {
        await rm(dir, { recursive: true })
        await writeFile(dir, 'a file in its place')
      },
      async () => {
        await rm(dir)
        await mkdir(join(place.parent, 'elsewhere'))
        await symlink(join(place.parent, 'elsewhere'), dir)
      },
    ]
    for (const change of changes.slice(0, -1)) {
      await change()
      const out = await registry.checkout(digest, cache)
      expect(await readFile(out.artifactPath, 'utf8')).toBe('artifact a')
      expect((await readdir(out.dir)).sort()).toContain('weights.bin')
      expect(await readdir(cache)).toHaveLength(1)
    }
    await rm(dir, { recursive: true })
    await writeFile(dir, '')
    await changes.at(-1)?.()
    await registry.checkout(digest, cache)
    expect((await lstat(dir)).isDirectory()).toBe(true)
    expect(await readdir(join(place.parent, 'elsewhere'))).toEqual([])
  })

  it('can be asked for by many at once', async () => {
    const others = await Promise.all([place.open(), place.open()])
    const outs = await Promise.all(Array.from({ length: 12 }, (_, index) => (others[index % 2] ?? registry).checkout(digest, cache)))
    for (const out of outs) expect(await readFile(out.artifactPath, 'utf8')).toBe('artifact a')
    expect(await readdir(cache)).toHaveLength(1)
  })

  it('removes what an interrupted checkout left behind, by age', async () => {
    await mkdir(join(cache, '.tmp-old'), { recursive: true })
    await mkdir(join(cache, '.tmp-young'))
    const longAgo = new Date(Date.now() - 2 * 86_400_000)
    await utimes(join(cache, '.tmp-old'), longAgo, longAgo)
    await registry.checkout(digest, cache)
    expect((await readdir(cache)).sort()).toEqual(['.tmp-young', digest.slice(7)].sort())
  })

  it.each(['', '../../etc', 'sha256:..', `sha256:${'A'.repeat(64)}`])('refuses %j as a digest', async (wrong) => {
    await expect(registry.checkout(wrong, cache)).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' })
  })

  it('refuses a manifest whose paths lead out, even when its digest is right', async () => {
    const manifest = { ...(await registry.resolve('fraud')).manifest, externalData: [{ path: '../out.bin', digest, sizeBytes: 1 }] }
    const { canonicalBytes } = await import('./canonical-json.js')
    const { digestOf } = await import('./digest.js')
    const forged = canonicalBytes(manifest)
    await writeFile(join(place.root, 'manifests', `${digestOf(forged).slice(7)}.json`), forged)
    await expect(registry.checkout(digestOf(forged), cache)).rejects.toMatchObject({ code: 'REGISTRY_FORMAT' })
  })
})
