import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PartData, PartStore } from '../../core/part-store.js'
import type { PartitionRecord } from '../../core/table.js'
import { createPartStore } from './part-store.js'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-parts-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function store(existing: 'refuse' | 'replace' = 'refuse', run = 'run1'): PartStore {
  return createPartStore({ staging: join(folder, `.${run}`), destination: join(folder, 'out'), run, extension: 'csv', existing })
}

function recordOf(index: number, data: PartData): PartitionRecord {
  const counts = { read: 1, filtered: 0, written: 1, bad: 0, fallback: 0 }
  return { partition: { index, file: 0, start: index, end: index + 1 }, ...counts, ...data, details: { note: 'kept' } }
}

async function put(parts: PartStore, index: number, text: string): Promise<PartitionRecord> {
  const temporary = parts.temporary(index)
  await writeFile(temporary, text)
  return parts.commit(index, temporary, (data) => Promise.resolve(recordOf(index, data)))
}

async function build(parts: PartStore, path: string): Promise<void> {
  const texts = await Promise.all([0, 1].map((index) => readFile(parts.partPath(index), 'utf8')))
  await writeFile(path, texts.join(''))
}

describe('the part store of a folder', () => {
  it('tells the committed parts in order, with the checksum of their bytes', async () => {
    const parts = store()
    await parts.prepare()
    await put(parts, 1, 'b\n')
    const first = await put(parts, 0, 'a\n')
    expect((await parts.committed()).map(({ partition }) => partition.index)).toEqual([0, 1])
    expect(first.checksum).toBe('sha256:87428fc522803d31065e7bce3cf03fe475096631e5e07bbd7a0fde60c4cf25c7')
    expect((await store().committed())[0]).toEqual(first)
  })

  it('forgets parts without a record, records without their part, and temporary files', async () => {
    const parts = store()
    await parts.prepare()
    for (const index of [0, 1, 2]) await put(parts, index, 'text\n')
    await rm(join(folder, '.run1/records/000000.json'))
    await truncate(parts.partPath(1), 2)
    await writeFile(parts.temporary(3), 'half')
    expect((await parts.committed()).map(({ partition }) => partition.index)).toEqual([2])
    expect(await readdir(join(folder, '.run1/parts'))).toEqual(['000002.csv'])
    expect(await readdir(join(folder, '.run1/records'))).toEqual(['000002.json'])
  })

  it('leaves nothing of a part whose record could not be made', async () => {
    const parts = store()
    await parts.prepare()
    const temporary = parts.temporary(0)
    await writeFile(temporary, 'x')
    await expect(parts.commit(0, temporary, () => Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(await readdir(join(folder, '.run1/parts'))).toEqual([])
  })

  it('says which system error kept a part from being written', async () => {
    await expect(put({ ...store(), temporary: () => join(folder, 'x') }, 0, '')).rejects.toMatchObject({
      code: 'SINK_FAILED',
      message: 'writing part 0 failed: ENOENT',
    })
  })

  it('publishes a folder with its manifest, and again without doing anything', async () => {
    const parts = store()
    await parts.prepare()
    const records = [await put(parts, 0, 'a\n'), await put(parts, 1, 'bb\n')]
    for (let attempt = 0; attempt < 2; attempt++) expect(await parts.publishFolder(records)).toEqual({ bytes: 5 })
    await parts.discard()
    expect((await readdir(folder)).sort()).toEqual(['out'])
    const manifest = JSON.parse(await readFile(join(folder, 'out/_manifest.json'), 'utf8')) as object
    expect(manifest).toMatchObject({ run: 'run1', rows: 2, parts: [{ name: '000000.csv', rows: 1, bytes: 2 }, { name: '000001.csv' }] })
    expect(await readFile(join(folder, 'out/000001.csv'), 'utf8')).toBe('bb\n')
  })

  it('publishes a file, and knows it for its own when it is called again', async () => {
    const parts = store()
    await parts.prepare()
    await put(parts, 0, 'a\n')
    await put(parts, 1, 'b\n')
    expect(await parts.publishFile((path) => build(parts, path))).toEqual({ bytes: 4 })
    expect(await store().publishFile(() => Promise.reject(new Error('built twice')))).toEqual({ bytes: 4 })
    await parts.discard()
    expect(await readFile(join(folder, 'out'), 'utf8')).toBe('a\nb\n')
  })

  it('refuses to replace what another run or program made, unless it is told to', async () => {
    const parts = store()
    await parts.prepare()
    const records = [await put(parts, 0, 'a\n')]
    await mkdir(join(folder, 'out'))
    await writeFile(join(folder, 'out/mine.txt'), 'mine')
    await expect(parts.publishFolder(records)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' })
    expect(await readdir(join(folder, 'out'))).toEqual(['mine.txt'])
    await store('replace').publishFolder(records)
    expect((await readdir(join(folder, 'out'))).sort()).toEqual(['000000.csv', '_manifest.json'])
    await parts.discard()
    expect(await readdir(folder)).toEqual(['out'])
  })

  it('gives back what was there when it was killed between taking it aside and the new folder', async () => {
    await mkdir(join(folder, '.out.run1.old'))
    await writeFile(join(folder, '.out.run1.old/mine.txt'), 'mine')
    await store().discard()
    expect(await readdir(join(folder, 'out'))).toEqual(['mine.txt'])
  })

  it('leaves nothing to be seen of a file that could not be built', async () => {
    const parts = store()
    await parts.prepare()
    const full = Object.assign(new Error('full'), { code: 'ENOSPC' })
    await expect(
      parts.publishFile(async (path) => {
        await writeFile(path, 'half')
        throw full
      }),
    ).rejects.toMatchObject({ code: 'SINK_FAILED', message: 'publishing the output failed: no space is left on the disk (ENOSPC)' })
    expect(await readdir(folder)).toEqual(['.run1'])
  })
})
