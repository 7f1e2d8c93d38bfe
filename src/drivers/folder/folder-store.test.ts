import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { link, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, unlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openFolderStore } from './folder-store.js'

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const hexOf = (value: string): string => createHash('sha256').update(value).digest('hex')
const one = async function* (value: string): AsyncGenerator<Uint8Array> {
  yield text(value)
}

describe('the folder of a registry', () => {
  let parent: string
  let root: string
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'slipway-folder-'))
    root = join(parent, 'registry')
  })
  afterEach(() => rm(parent, { recursive: true, force: true }))

  it('keeps blobs read-only, with one name each, in directories that only the owner enters', async () => {
    const store = await openFolderStore(root)
    await store.blobs.put({ digest: `sha256:${hexOf('x')}`, sizeBytes: 1 }, one('x'))
    await store.records.put('models/a/head.json', text('{}'))
    const blob = await stat(join(root, 'blobs', 'sha256', hexOf('x').slice(0, 2), hexOf('x')))
    expect(blob.mode & 0o777).toBe(0o444)
    expect(blob.nlink).toBe(1)
    for (const directory of ['', 'blobs', 'blobs/sha256', 'models', 'models/a', 'tmp']) {
      expect((await stat(join(root, directory))).mode & 0o777).toBe(0o700)
    }
    expect(await readdir(join(root, 'tmp'))).toEqual([])
  })

  it('leaves records with one name after an exclusive create', async () => {
    const store = await openFolderStore(root)
    await store.records.create('models/a/journal/1.json', text('{}'))
    expect((await stat(join(root, 'models/a/journal/1.json'))).nlink).toBe(1)
  })

  it('refuses a folder that holds other things, and touches nothing in it', async () => {
    await mkdir(root)
    await writeFile(join(root, 'thesis.txt'), 'mine')
    await expect(openFolderStore(root)).rejects.toMatchObject({ code: 'REGISTRY_FORMAT' })
    expect(await readdir(root)).toEqual(['thesis.txt'])
  })

  it('makes nothing when asked for an existing registry that is not there', async () => {
    await expect(openFolderStore(root, { mode: 'existing' })).rejects.toMatchObject({ code: 'REGISTRY_FORMAT' })
    expect(await readdir(parent)).toEqual([])
  })

  it('sweeps leftovers by age and leaves the file of a writer at work', async () => {
    const store = await openFolderStore(root)
    await writeFile(join(root, 'tmp', 'left'), 'x')
    await writeFile(join(root, 'tmp', 'at-work'), 'x')
    const twoHoursAgo = new Date(Date.now() - 7_200_000)
    await utimes(join(root, 'tmp', 'left'), twoHoursAgo, twoHoursAgo)
    expect(await store.sweep?.(3_600_000)).toBe(1)
    expect(await readdir(join(root, 'tmp'))).toEqual(['at-work'])
  })

  it('refuses a record that is a symbolic link, and replaces the link rather than its target', async () => {
    const store = await openFolderStore(root)
    const secret = join(parent, 'secret')
    await writeFile(secret, 'secret')
    await store.records.put('models/a/aliases/x.json', text('{}'))
    await unlink(join(root, 'models/a/aliases/x.json'))
    await symlink(secret, join(root, 'models/a/aliases/x.json'))
    await expect(store.records.get('models/a/aliases/x.json')).rejects.toMatchObject({ code: 'REGISTRY_FORMAT' })
    expect(await store.records.create('models/a/aliases/x.json', text('created'))).toBe(false)
    await store.records.put('models/a/aliases/x.json', text('replaced'))
    expect(await readFile(secret, 'utf8')).toBe('secret')
    expect(await store.records.get('models/a/aliases/x.json')).toEqual(text('replaced'))
  })

  it('neither reads nor writes nor lists through a directory that is a symbolic link', async () => {
    const store = await openFolderStore(root)
    const outside = join(parent, 'outside')
    await mkdir(outside)
    await writeFile(join(outside, 'head.json'), 'outside')
    await mkdir(join(root, 'models'))
    await symlink(outside, join(root, 'models', 'evil'))
    for (const attempt of [
      () => store.records.get('models/evil/head.json'),
      () => store.records.put('models/evil/head.json', text('x')),
      () => store.records.create('models/evil/new.json', text('x')),
      () => store.records.create('models/evil/deeper/new.json', text('x')),
      () => store.records.delete('models/evil/head.json'),
      () => store.records.list('models/evil/')[Symbol.asyncIterator]().next(),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'REGISTRY_FORMAT' })
    }
    expect(await readdir(outside)).toEqual(['head.json'])
    expect(await readFile(join(outside, 'head.json'), 'utf8')).toBe('outside')
  })

  it('refuses a tmp folder that is a symbolic link', async () => {
    await openFolderStore(root)
    await rm(join(root, 'tmp'), { recursive: true })
    await symlink(parent, join(root, 'tmp'))
    await expect(openFolderStore(root)).rejects.toMatchObject({ code: 'REGISTRY_FORMAT' })
  })

  it('does not follow a blob that is a symbolic link', async () => {
    const store = await openFolderStore(root)
    const digest = `sha256:${hexOf('secret')}`
    await writeFile(join(parent, 'secret'), 'secret')
    const path = join(root, 'blobs', 'sha256', hexOf('secret').slice(0, 2), hexOf('secret'))
    await mkdir(dirname(path), { recursive: true })
    await symlink(join(parent, 'secret'), path)
    await expect(store.blobs.read(digest)[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'INTEGRITY' })
    expect(await store.blobs.stat(digest)).toBeUndefined()
  })

  it.skipIf(process.platform === 'win32')('does not wait for a pipe that stands in the place of a record', async () => {
    const store = await openFolderStore(root)
    await store.records.put('models/a/head.json', text('{}'))
    await unlink(join(root, 'models/a/head.json'))
    const makePipe = 'mkfifo'
    expect(spawnSync(makePipe, [join(root, 'models/a/head.json')]).status).toBe(0)
    await expect(store.records.get('models/a/head.json')).rejects.toMatchObject({ code: 'REGISTRY_FORMAT' })
  })

  it('ignores foreign files that a file manager or a backup left among its own', async () => {
    const store = await openFolderStore(root)
    await store.records.put('models/a/head.json', text('{}'))
    await writeFile(join(root, 'models', '.DS_Store'), 'x')
    await writeFile(join(root, 'models', 'Thumbs.db'), 'x')
    await mkdir(join(root, 'blobs', 'sha256', 'zz'), { recursive: true })
    await link(join(root, 'models', 'Thumbs.db'), join(root, 'blobs', 'sha256', 'zz', 'f'.repeat(64)))
    const keys: string[] = []
    for await (const { key } of store.records.list('models/')) keys.push(key)
    for await (const { digest } of store.blobs.list()) keys.push(digest)
    expect(keys).toEqual(['models/a/'])
  })

  it('names the system error and no path when the folder is gone', async () => {
    const store = await openFolderStore(root)
    await rm(root, { recursive: true })
    const failure: unknown = await store.records.put('models/a/head.json', text('{}')).catch((thrown: unknown) => thrown)
    expect(failure).toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
    expect((failure as Error).message).toContain('ENOENT')
    expect((failure as Error).message).not.toContain(parent)
  })
})
