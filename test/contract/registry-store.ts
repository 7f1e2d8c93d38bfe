import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BlobRef, RecordInfo, RegistryStore } from '../../src/core/registry-store.js'

/** What a driver hands to the suite: fresh, empty places, and further connections to the same place. */
export interface StorePlace {
  /** Another, independent connection to the place, as another process would have it. */
  open(): Promise<RegistryStore>
  /** Overwrites the stored bytes of a blob behind the store's back. */
  damage(digest: string, bytes: Uint8Array): Promise<void>
  remove(): Promise<void>
}

const refOf = (bytes: Uint8Array): BlobRef => ({
  digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
  sizeBytes: bytes.length,
})

async function* chunks(bytes: Uint8Array, size = 7): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of source) all.push(item)
  return all
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const read = async (store: RegistryStore, digest: string): Promise<Buffer> => Buffer.concat(await collect(store.blobs.read(digest)))

/** The promises of `RegistryStore`, for every driver. */
export function registryStoreContract(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(`registry store contract: ${name}`, () => {
    let place: StorePlace
    let store: RegistryStore

    beforeEach(async () => {
      place = await makePlace()
      store = await place.open()
    })

    afterEach(async () => {
      await store.close()
      await place.remove()
    })

    describe('blobs', () => {
      it.each([0, 1, 1000, 3 * 1024 * 1024 + 1])('gives back the %i bytes that were stored', async (length) => {
        const bytes = randomBytes(length)
        await store.blobs.put(refOf(bytes), chunks(bytes, 65_536))
        expect((await read(store, refOf(bytes).digest)).equals(bytes)).toBe(true)
        expect(await store.blobs.stat(refOf(bytes).digest)).toMatchObject(refOf(bytes))
      })

      it('refuses bytes that are not those of the digest, and stores nothing', async () => {
        const ref = refOf(text('one'))
        await expect(store.blobs.put(ref, chunks(text('two')))).rejects.toMatchObject({ code: 'INTEGRITY' })
        await expect(store.blobs.put(ref, chunks(text('one and more')))).rejects.toMatchObject({ code: 'INTEGRITY' })
        await expect(store.blobs.put(ref, chunks(text('on')))).rejects.toMatchObject({ code: 'INTEGRITY' })
        expect(await store.blobs.stat(ref.digest)).toBeUndefined()
        expect(await collect(store.blobs.list())).toEqual([])
      })

      it('stores nothing when the source of the bytes fails, and throws what it threw', async () => {
        const failure = new Error('the disk was unplugged')
        const failing = async function* (): AsyncGenerator<Uint8Array> {
          yield text('half')
          throw failure
        }
        await expect(store.blobs.put(refOf(text('half and half')), failing())).rejects.toBe(failure)
        expect(await collect(store.blobs.list())).toEqual([])
      })

      it('throws INTEGRITY when a missing blob is read, and knows no size of it', async () => {
        const { digest } = refOf(text('never stored'))
        await expect(read(store, digest)).rejects.toMatchObject({ code: 'INTEGRITY' })
        expect(await store.blobs.stat(digest)).toBeUndefined()
      })

      it('repairs a damaged blob when its content is stored again', async () => {
        const bytes = text('precious')
        await store.blobs.put(refOf(bytes), chunks(bytes))
        await place.damage(refOf(bytes).digest, text('precioux'))
        expect((await read(store, refOf(bytes).digest)).toString()).toBe('precioux')
        await store.blobs.put(refOf(bytes), chunks(bytes))
        expect((await read(store, refOf(bytes).digest)).toString()).toBe('precious')
      })

      it('lists every blob once, with its size', async () => {
        const all = [text('a'), text('bb'), text('ccc')]
        for (const bytes of [...all, ...all]) await store.blobs.put(refOf(bytes), chunks(bytes))
        const listed = (await collect(store.blobs.list())).map(({ digest, sizeBytes }) => ({ digest, sizeBytes }))
        expect(listed.sort((a, b) => a.sizeBytes - b.sizeBytes)).toEqual(all.map(refOf))
      })

      it('deletes a listed blob, but not one that was stored again since the listing', async () => {
        const bytes = text('short-lived')
        await store.blobs.put(refOf(bytes), chunks(bytes))
        const seen = await store.blobs.stat(refOf(bytes).digest)
        if (seen === undefined) throw new Error('the blob was just stored')
        expect(await collect(store.blobs.list())).toEqual([seen])
        expect(await store.blobs.delete({ ...seen, modifiedMs: seen.modifiedMs - 5000 })).toBe(false)
        expect(await store.blobs.delete(seen)).toBe(true)
        expect(await store.blobs.stat(seen.digest)).toBeUndefined()
        expect(await store.blobs.delete(seen)).toBe(false)
      })

      it('takes concurrent puts of one content', async () => {
        const bytes = randomBytes(100_000)
        await Promise.all(Array.from({ length: 8 }, () => store.blobs.put(refOf(bytes), chunks(bytes, 4096))))
        expect((await read(store, refOf(bytes).digest)).equals(bytes)).toBe(true)
      })

      it.each([
        '',
        'sha256:',
        'sha256:../../etc/passwd',
        `sha256:${'A'.repeat(64)}`,
        `md5:${'a'.repeat(64)}`,
        `sha256:${'a'.repeat(64)}\0`,
      ])('refuses %j as a digest', async (digest) => {
        await expect(store.blobs.stat(digest)).rejects.toMatchObject({ code: 'INTERNAL' })
        await expect(read(store, digest)).rejects.toMatchObject({ code: 'INTERNAL' })
        await expect(store.blobs.put({ digest, sizeBytes: 0 }, chunks(text('')))).rejects.toMatchObject({ code: 'INTERNAL' })
      })
    })

    describe('records', () => {
      it('has nothing under a key that was never written', async () => {
        expect(await store.records.get('models/a/head.json')).toBeUndefined()
        expect(await store.records.has('models/a/head.json')).toBe(false)
      })

      it('shows a record to other connections as soon as the write has returned', async () => {
        const other = await place.open()
        await store.records.put('models/a/head.json', text('1'))
        expect(await other.records.get('models/a/head.json')).toEqual(text('1'))
        await store.records.put('models/a/head.json', text('2'))
        expect(await other.records.get('models/a/head.json')).toEqual(text('2'))
        expect(await other.records.has('models/a/head.json')).toBe(true)
        await other.close()
      })

      it('creates a key once and never overwrites it', async () => {
        expect(await store.records.create('models/a/journal/1.json', text('first'))).toBe(true)
        expect(await store.records.create('models/a/journal/1.json', text('second'))).toBe(false)
        expect(await store.records.get('models/a/journal/1.json')).toEqual(text('first'))
      })

      it('lets exactly one of many concurrent creators win', async () => {
        const stores = await Promise.all(Array.from({ length: 4 }, () => place.open()))
        for (let round = 0; round < 20; round++) {
          const key = `models/a/journal/${round}.json`
          const bids = stores.flatMap((each) => [randomUUID(), randomUUID()].map((bid) => ({ each, bid })))
          const won = await Promise.all(bids.map(({ each, bid }) => each.records.create(key, text(bid))))
          expect(won.filter(Boolean)).toHaveLength(1)
          expect(await store.records.get(key)).toEqual(text(bids[won.indexOf(true)]?.bid ?? ''))
        }
        await Promise.all(stores.map((each) => each.close()))
      })

      it('never shows a torn record while it is being replaced', async () => {
        const [a, b] = [text('a'.repeat(20_000)), text('b'.repeat(20_000))]
        await store.records.put('models/a/head.json', a)
        const reader = await place.open()
        const seen = new Set<string>()
        const turns = { left: 60 }
        const writes = (async () => {
          for (; turns.left > 0; turns.left--) await store.records.put('models/a/head.json', turns.left % 2 === 0 ? b : a)
        })()
        let reads = 0
        for (; turns.left > 0; reads++) seen.add(Buffer.from((await reader.records.get('models/a/head.json')) ?? []).toString())
        await writes
        await reader.close()
        expect([...seen].every((record) => record === 'a'.repeat(20_000) || record === 'b'.repeat(20_000))).toBe(true)
        expect(reads).toBeGreaterThan(0)
      })

      it('deletes a record, and does nothing when there is none', async () => {
        await store.records.put('models/a/aliases/x.json', text('x'))
        await store.records.delete('models/a/aliases/x.json')
        expect(await store.records.get('models/a/aliases/x.json')).toBeUndefined()
        await store.records.delete('models/a/aliases/x.json')
        await store.records.delete('models/none/aliases/x.json')
      })

      it('lists what is directly below a prefix, groups with a slash, sorted', async () => {
        for (const key of [
          'models/b/journal/2.json',
          'models/b/journal/1.json',
          'models/a.b/head.json',
          'models/b/head.json',
          'top.json',
        ]) {
          await store.records.put(key, text(key))
        }
        const keys = async (prefix: string): Promise<string[]> => (await collect(store.records.list(prefix))).map(({ key }) => key)
        expect(await keys('models/')).toEqual(['models/a.b/', 'models/b/'])
        expect(await keys('models/b/')).toEqual(['models/b/head.json', 'models/b/journal/'])
        expect(await keys('models/b/journal/')).toEqual(['models/b/journal/1.json', 'models/b/journal/2.json'])
        expect(await keys('models/none/')).toEqual([])
        expect((await keys('')).filter((key) => key === 'models/' || key === 'top.json')).toEqual(['models/', 'top.json'])
      })

      it('says when a record was written', async () => {
        const before = Date.now()
        await store.records.put('manifests/a.json', text('a'))
        const [info] = (await collect(store.records.list('manifests/'))) as Extract<RecordInfo, { kind: 'record' }>[]
        expect(info?.kind).toBe('record')
        expect(Math.abs((info?.modifiedMs ?? 0) - before)).toBeLessThan(5000)
      })

      it('refuses keys that are not made of plain names', async () => {
        const keys = [
          '',
          '/',
          '..',
          '../x',
          'a/../../x',
          '/etc/passwd',
          'a//b',
          'a/',
          'a\0b',
          'a\\b',
          '.hidden',
          'A',
          'a b',
          'ä',
          'blobs/x',
          'tmp/x',
        ]
        for (const key of [...keys, '%2e%2e/x', 'c:x', 'a'.repeat(201), `${'a/'.repeat(500)}a`]) {
          await expect(store.records.get(key)).rejects.toMatchObject({ code: 'INTERNAL' })
          await expect(store.records.put(key, text('x'))).rejects.toMatchObject({ code: 'INTERNAL' })
          await expect(store.records.create(key, text('x'))).rejects.toMatchObject({ code: 'INTERNAL' })
          await expect(store.records.delete(key)).rejects.toMatchObject({ code: 'INTERNAL' })
        }
      })
    })

    it('calls a watcher after another connection wrote a record, where it can watch', async () => {
      if (store.watch === undefined) return
      const writer = await place.open()
      let calls = 0
      const stop = store.watch(() => (calls += 1))
      // The system may need a moment to set the watch, so the writer repeats itself.
      const repeat = setInterval(() => void writer.records.put('models/a/head.json', text('x')), 20)
      await expect.poll(() => calls, { timeout: 5000 }).toBeGreaterThan(0)
      clearInterval(repeat)
      stop()
      await writer.close()
    })
  })
}
