import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import type { WritableFeatureStore } from '../../src/core/feature-table.js'

/** What every feature store promises; `open` gives a fresh, empty one. */
export function featureStoreContract(name: string, open: () => Promise<WritableFeatureStore>): void {
  describe(`the feature store ${name}`, () => {
    const opened: WritableFeatureStore[] = []
    async function fresh(): Promise<WritableFeatureStore> {
      const store = await open()
      opened.push(store)
      return store
    }
    afterEach(async () => {
      for (const store of opened.splice(0)) await store.close()
    })

    it('answers in the order of the keys, with null for those unknown', async () => {
      const store = await fresh()
      await store.put('cards', 'a', { age: 1 })
      await store.put('cards', 'b', { age: 2 })
      expect(await store.get('cards', ['b', 'x', 'a', 'b'], ['age'], {})).toEqual([{ age: 2 }, null, { age: 1 }, { age: 2 }])
    })

    it('answers no keys with nothing', async () => {
      const store = await fresh()
      await store.put('cards', 'a', { age: 1 })
      expect(await store.get('cards', [], ['age'], {})).toEqual([])
    })

    it('leaves out features that the key lacks, and those that no key has', async () => {
      const store = await fresh()
      await store.put('cards', 'a', { age: 1 })
      await store.put('cards', 'b', { limit: 5 })
      expect(await store.get('cards', ['a', 'b'], ['age', 'limit', 'never'], {})).toEqual([{ age: 1 }, { limit: 5 }])
      expect(await store.get('cards', ['a'], [], {})).toEqual([{}])
    })

    it('keeps the type of every kind of value', async () => {
      const store = await fresh()
      const values = {
        float: 0.1,
        whole: 3,
        negative: -2.5e300,
        large: 9_223_372_036_854_775_807n,
        text: 'naïve \u0000 "text" 🙂',
        digits: '007',
        yes: true,
        no: false,
        vector: [1, 2.5, -3],
        matrix: [[1], [2]],
        words: ['a', ''],
        empty: '',
      }
      await store.put('cards', 'a', values)
      expect(await store.get('cards', ['a'], Object.keys(values), {})).toEqual([values])
    })

    it('gives small integers back as numbers and typed arrays as arrays', async () => {
      const store = await fresh()
      await store.put('cards', 'a', { count: 12n, embedding: Float32Array.of(0.5, 2) })
      expect(await store.get('cards', ['a'], ['count', 'embedding'], {})).toEqual([{ count: 12, embedding: [0.5, 2] }])
    })

    it('keeps the other features of a key, and takes away those set to null', async () => {
      const store = await fresh()
      await store.put('cards', 'a', { age: 1, limit: 10 })
      await store.put('cards', 'a', { limit: null, country: 'DE' })
      expect(await store.get('cards', ['a'], ['age', 'limit', 'country'], {})).toEqual([{ age: 1, country: 'DE' }])
    })

    it('writes many keys or none', async () => {
      const store = await fresh()
      await store.putMany('cards', [
        ['a', { age: 1 }],
        ['b', { age: 2 }],
      ])
      const bad = [
        ['a', { age: 9 }],
        ['c', { age: Number.NaN }],
      ] as const
      await expect(store.putMany('cards', bad)).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
      expect(await store.get('cards', ['a', 'b', 'c'], ['age'], {})).toEqual([{ age: 1 }, { age: 2 }, null])
    })

    it('finds every key of a lookup that is larger than one query', async () => {
      const store = await fresh()
      await store.putMany(
        'cards',
        Array.from({ length: 1500 }, (_, i) => [`k${i}`, { age: i }] as const),
      )
      const keys = Array.from({ length: 2000 }, (_, i) => `k${1999 - i}`)
      const found = await store.get('cards', keys, ['age'], {})
      expect(found.filter((row) => row === null)).toHaveLength(500)
      expect(found.slice(500)).toEqual(Array.from({ length: 1500 }, (_, i) => ({ age: 1499 - i })))
    })

    it('refuses a key with a NUL and never finds one', async () => {
      const store = await fresh()
      await store.put('cards', 'a', { age: 1 })
      await expect(store.put('cards', 'a\u0000b', { age: 1 })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
      expect(await store.get('cards', ['a\u0000b'], ['age'], {})).toEqual([null])
    })

    it('takes any other text as a key', async () => {
      const store = await fresh()
      const key = fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.includes('\u0000'))
      await fc.assert(
        fc.asyncProperty(fc.uniqueArray(key, { minLength: 1, maxLength: 20 }), async (keys) => {
          await store.putMany(
            'keys',
            keys.map((text, i) => [text, { at: i }] as const),
          )
          expect(await store.get('keys', keys, ['at'], {})).toEqual(keys.map((_, at) => ({ at })))
        }),
        { numRuns: 50 },
      )
    })

    it.each(['', 'a"; DROP TABLE cards; --', '1st', 'a\u0000b', 'x'.repeat(129), 'sqlite_schema', 'a`b', "a'b", 'a;b'])(
      'refuses %j as a table',
      async (table) => {
        const store = await fresh()
        await expect(store.put(table, 'a', { age: 1 })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
        await expect(store.get(table, ['a'], ['age'], {})).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
      },
    )

    it.each(['', 'a" TEXT, x', '1st', 'a\u0000b', 'x'.repeat(129), 'key', 'KEY', 'count(*)'])(
      'refuses %j as a feature',
      async (feature) => {
        const store = await fresh()
        await store.put('cards', 'a', { age: 1 })
        await expect(store.put('cards', 'a', { [feature]: 1 })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
        await expect(store.get('cards', ['a'], [feature], {})).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
      },
    )

    it.each([Number.NaN, Infinity, 2n ** 63n, { a: 1 }, new Date(0), Symbol('s'), [2n ** 60n], [Number.NaN], [null]])(
      'refuses the value %s',
      async (value) => {
        const store = await fresh()
        await expect(store.put('cards', 'a', { age: value as number })).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
      },
    )

    it('takes names that need quoting, and those that JavaScript objects have themselves', async () => {
      const store = await fresh()
      const values = JSON.parse('{"mean radius":1,"select":2,"_a.b-c":3,"__proto__":4,"toString":5,"größe":6}') as Record<string, number>
      await store.put('order by', 'a', values)
      const [row] = await store.get('order by', ['a'], Object.keys(values), {})
      expect(Object.entries(row ?? {})).toEqual(Object.entries(values))
      const [none] = await store.get('order by', ['a'], ['valueOf'], {})
      expect(none?.['valueOf']).toBe(undefined)
    })

    it('rejects a table that is not there', async () => {
      const store = await fresh()
      await expect(store.get('nothing', ['a'], ['age'], {})).rejects.toMatchObject({ code: 'GATHER_FAILED' })
    })

    it('rejects a lookup whose signal is aborted', async () => {
      const store = await fresh()
      await store.put('cards', 'a', { age: 1 })
      await expect(store.get('cards', ['a'], ['age'], { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'GATHER_FAILED' })
    })
  })
}
