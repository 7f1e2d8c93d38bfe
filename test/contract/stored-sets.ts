import { spawn } from 'node:child_process'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StoredSets } from '../../src/core/stored-sets.js'
import { within } from '../support/until.js'
import { checksumOf, flipTo, loadSet, newSet, recordOf, rowsOf, setOfRead, valueOf, writePartition } from './stored-sets-fixture.js'

/** A fresh, empty store, and the ways to it. */
export interface StoreUnderTest {
  /** Makes a connection of its own; the suite closes it. */
  connect(): Promise<StoredSets>
  /** How another process connects: absolute path of a module, the name of its open-function and the one argument to it (JSON). */
  readonly elsewhere: { readonly module: string; readonly open: string; readonly options: unknown }
  remove(): Promise<void>
}

const flipper = fileURLToPath(new URL('../support/stored-flipper.ts', import.meta.url))

/** What every store of prediction sets promises; `open` gives a fresh, empty one. */
export function storedSetsContract(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(`stored sets ${name}`, () => {
    let under: StoreUnderTest
    let store: StoredSets
    const opened: StoredSets[] = []
    async function connect(): Promise<StoredSets> {
      const connection = await under.connect()
      opened.push(connection)
      return connection
    }
    beforeEach(async () => {
      under = await open()
      store = await connect()
    })
    afterEach(async () => {
      for (const connection of opened.splice(0)) await connection.close()
      await under.remove()
    })
    const keys = Array.from({ length: 100 }, (_, i) => `k${String(i).padStart(3, '0')}`)

    describe('making a set', () => {
      it('makes an empty set that is loading, and knows it again', async () => {
        await store.create(newSet('a'))
        await store.create(newSet('a'))
        const made = { ...newSet('a'), state: 'loading', rows: 0, fallbackRows: 0, details: {} }
        expect(await store.set('a')).toMatchObject(made)
        expect(await store.sets()).toHaveLength(1)
      })

      it.each([{ model: 'churn' }, { version: '4' }, { digest: 'sha256:1' }, { producedAt: 1 }])(
        'refuses another set of the same id that differs in %j',
        async (other) => {
          await store.create(newSet('a'))
          await expect(store.create({ ...newSet('a'), ...other })).rejects.toMatchObject({ code: 'SET_CONFLICT' })
          expect(await store.set('a')).toMatchObject(newSet('a'))
        },
      )

      it('takes any text as an id', async () => {
        const id = `2024-05-01T00:00 "x"; DROP TABLE 'sets' -- \\ % ü/../🙂`
        await loadSet(store, newSet(id), ['k'])
        await flipTo(store, id)
        expect(await store.read('fraud', ['k'])).toMatchObject({ set: { id }, values: [valueOf(id, 'k')] })
        expect((await store.partitions(id)).map(({ written }) => written)).toEqual([1])
      })

      it('commits partitions in any order, each with its record', async () => {
        await store.create(newSet('a'))
        const rows = rowsOf('a', keys)
        const second = await writePartition(store, 'a', 1, rows.slice(50))
        const first = await writePartition(store, 'a', 0, rows.slice(0, 50))
        expect(await store.partitions('a')).toEqual([first.record, second.record])
        expect(first.record).toMatchObject({ written: 50, checksum: checksumOf(rows.slice(0, 50)) })
        expect(first.record.details).toEqual({ note: 'naïve' })
      })

      it('takes rows of a partition in several writes, or none', async () => {
        await store.create(newSet('a'))
        const rows = rowsOf('a', keys)
        const writer = await store.openPartition('a', 0)
        for (let start = 0; start < 100; start += 30) await writer.write(rows.slice(start, start + 30))
        await writer.commit(async (_, data) => recordOf(0, 100, 0, data))
        await writePartition(store, 'a', 1, [])
        const checksum = checksumOf(rows)
        expect(await store.partitions('a')).toMatchObject([{ checksum }, { checksum: '0'.repeat(16), written: 0 }])
        const complete = await store.complete('a', { rows: 100, checksum, fallbackRows: 2, details: { psi: 0.1 } })
        expect(complete).toEqual({ ...newSet('a'), state: 'complete', rows: 100, checksum, fallbackRows: 2, details: { psi: 0.1 } })
      })

      it('keeps the first of rows with the same key, and tells the others', async () => {
        await store.create(newSet('a'))
        const first = rowsOf('a', ['x', 'y', 'x', 'z', 'y']).map((row) => ({ ...row, value: `"${row.row}"`, row: row.row + 10 }))
        const one = await writePartition(store, 'a', 0, first)
        expect(one.refused.map(({ row, code }) => [row, code])).toEqual([
          [12, 'KEY_DUPLICATE'],
          [14, 'KEY_DUPLICATE'],
        ])
        const two = await writePartition(store, 'a', 1, rowsOf('a', ['w', 'z', 'v']))
        expect(two.refused.map(({ row, code }) => [row, code])).toEqual([[1, 'KEY_DUPLICATE']])
        const kept = [first[0]!, first[1]!, first[3]!, ...rowsOf('a', ['w', 'v'])]
        await store.complete('a', { rows: 5, checksum: checksumOf(kept), fallbackRows: 0, details: {} })
        await flipTo(store, 'a')
        expect((await store.read('fraud', ['x', 'y', 'z'])).values).toEqual(['"0"', '"1"', '"3"'])
      })

      it('tells a key that repeats in a later write of the same partition', async () => {
        await store.create(newSet('a'))
        const writer = await store.openPartition('a', 0)
        await writer.write([{ key: 'x', value: '1', row: 0 }])
        await writer.write([{ key: 'x', value: '2', row: 7 }])
        let rows: readonly number[] = []
        await writer.commit(async (refused, data) => {
          rows = refused.map(({ row }) => row)
          return recordOf(0, 2, refused.length, data)
        })
        expect(rows).toEqual([7])
        expect(await store.partitions('a')).toMatchObject([{ checksum: checksumOf([{ key: 'x', value: '1', row: 0 }]) }])
      })

      it('refuses keys that not every engine can hold (storedKeyFault), and goes on', async () => {
        await store.create(newSet('a'))
        const bad = ['', 'a\u0000b', '\ud83d', 'x'.repeat(1025)]
        const { refused, record } = await writePartition(store, 'a', 0, rowsOf('a', [...bad, 'good']))
        expect(refused.map(({ row, code }) => [row, code])).toEqual([
          [0, 'KEY_MISSING'],
          [1, 'ROW_MALFORMED'],
          [2, 'ROW_MALFORMED'],
          [3, 'ROW_MALFORMED'],
        ])
        await store.complete('a', { rows: 1, checksum: record.checksum, fallbackRows: 0, details: {} })
        await flipTo(store, 'a')
        expect((await store.read('fraud', [...bad, 'a', 'good'])).values).toEqual([null, null, null, null, null, valueOf('a', 'good')])
      })

      it('leaves nothing of a partition that was aborted', async () => {
        await store.create(newSet('a'))
        const writer = await store.openPartition('a', 0)
        await writer.write(rowsOf('a', keys))
        await writer.abort()
        await writer.abort()
        expect(await store.partitions('a')).toEqual([])
        expect((await writePartition(store, 'a', 0, rowsOf('a', keys))).refused).toEqual([])
      })

      it('leaves no rows when the record could not be made', async () => {
        await store.create(newSet('a'))
        const writer = await store.openPartition('a', 0)
        await writer.write(rowsOf('a', keys))
        const fault = new Error('no quarantine')
        await expect(writer.commit(() => Promise.reject(fault))).rejects.toBe(fault)
        await writer.abort()
        expect(await store.partitions('a')).toEqual([])
        const { record, refused } = await writePartition(store, 'a', 0, rowsOf('a', keys))
        expect(refused).toEqual([])
        await store.complete('a', { rows: 100, checksum: record.checksum, fallbackRows: 0, details: {} })
      })

      it('refuses a partition that is committed, of a set that is complete, or of none', async () => {
        await store.create(newSet('a'))
        const { record } = await writePartition(store, 'a', 0, rowsOf('a', keys))
        await expect(store.openPartition('a', 0)).rejects.toMatchObject({ code: 'SET_CONFLICT' })
        await store.complete('a', { rows: 100, checksum: record.checksum, fallbackRows: 0, details: {} })
        await expect(store.openPartition('a', 1)).rejects.toMatchObject({ code: 'SET_CONFLICT' })
        await expect(store.openPartition('never', 0)).rejects.toMatchObject({ code: 'SET_UNKNOWN' })
      })

      it.each([{ rows: 99 }, { rows: 101 }, { checksum: '0'.repeat(16) }])('is not complete when expected to have %j', async (wrong) => {
        await store.create(newSet('a'))
        const { record } = await writePartition(store, 'a', 0, rowsOf('a', keys))
        const right = { rows: 100, checksum: record.checksum, fallbackRows: 0, details: {} }
        await expect(store.complete('a', { ...right, ...wrong })).rejects.toMatchObject({ code: 'SET_INCOMPLETE' })
        expect(await store.set('a')).toMatchObject({ state: 'loading' })
        await store.complete('a', right)
      })

      it('is complete once: the same again changes nothing, other counts are refused', async () => {
        const complete = await loadSet(store, newSet('a'), keys)
        const { rows, checksum, fallbackRows, details } = complete
        expect(await store.complete('a', { rows, checksum, fallbackRows, details })).toEqual(complete)
        await expect(store.complete('a', { rows: 1, checksum, fallbackRows, details })).rejects.toMatchObject({ code: 'SET_INCOMPLETE' })
        await expect(store.complete('never', { rows, checksum, fallbackRows, details })).rejects.toMatchObject({ code: 'SET_UNKNOWN' })
        expect(await store.set('a')).toEqual(complete)
        expect(await store.partitions('a')).toHaveLength(1)
      })

      it('is judged when complete, and not before', async () => {
        await store.create(newSet('a'))
        await expect(store.judge('a', 'refused', {})).rejects.toMatchObject({ code: 'SET_INCOMPLETE' })
        await expect(store.judge('never', 'refused', {})).rejects.toMatchObject({ code: 'SET_UNKNOWN' })
        const complete = await loadSet(store, newSet('b'), keys)
        expect(await store.judge('b', 'refused', { psi: 0.4 })).toEqual({ ...complete, state: 'refused', details: { psi: 0.4 } })
        expect(await store.judge('b', 'complete', { forced: true })).toEqual({ ...complete, details: { forced: true } })
        expect(await store.set('b')).toEqual({ ...complete, details: { forced: true } })
      })
    })

    describe('the pointer', () => {
      it('stands nowhere at first', async () => {
        await loadSet(store, newSet('a'), keys)
        expect(await store.active('fraud')).toBe(null)
        expect(await store.read('fraud', ['k000', 'k001'])).toEqual({ set: null, values: [null, null] })
        expect(await store.flips('fraud')).toEqual([])
      })

      it('moves to a complete set, and back', async () => {
        const before = Date.now()
        const a = await loadSet(store, newSet('a'), keys)
        await loadSet(store, newSet('b'), keys)
        await flipTo(store, 'a')
        expect(await store.active('fraud')).toEqual(a)
        const flip = await store.flip({ model: 'fraud', set: 'b', kind: 'flip', by: 'ann', reason: 'nightly', expected: 'a' })
        expect(flip).toMatchObject({ model: 'fraud', set: 'b', previous: 'a', kind: 'flip', by: 'ann', reason: 'nightly' })
        expect(flip.at).toBeGreaterThanOrEqual(before - 1000)
        expect((await store.read('fraud', ['k000'])).set).toEqual(newSet('b'))
        const back = await store.flip({ model: 'fraud', set: 'a', kind: 'rollback', by: 'bob', reason: 'scores are off', expected: 'b' })
        expect(await store.active('fraud')).toEqual(a)
        const flips = await store.flips('fraud')
        expect(flips.map(({ set, previous }) => [set, previous])).toEqual([
          ['a', 'b'],
          ['b', 'a'],
          ['a', null],
        ])
        expect(flips.slice(0, 2)).toEqual([back, flip])
      })

      it('stays when another set was expected under it', async () => {
        await loadSet(store, newSet('a'), keys)
        await loadSet(store, newSet('b'), keys)
        const flip = { model: 'fraud', kind: 'flip', by: 'test', reason: '' } as const
        await expect(store.flip({ ...flip, set: 'a', expected: 'b' })).rejects.toMatchObject({ code: 'ALIAS_CONFLICT' })
        await store.flip({ ...flip, set: 'a', expected: null })
        await expect(store.flip({ ...flip, set: 'b', expected: null })).rejects.toMatchObject({ code: 'ALIAS_CONFLICT' })
        await expect(store.flip({ ...flip, set: 'b', expected: 'b' })).rejects.toMatchObject({ code: 'ALIAS_CONFLICT' })
        expect(await store.flips('fraud')).toHaveLength(1)
        expect((await store.active('fraud'))?.id).toBe('a')
      })

      it('never moves to a set that is loading, refused, unknown or of another model', async () => {
        await store.create(newSet('loading'))
        await loadSet(store, newSet('refused'), keys)
        await store.judge('refused', 'refused', {})
        await loadSet(store, newSet('other', 'churn'), keys)
        await expect(flipTo(store, 'loading')).rejects.toMatchObject({ code: 'SET_INCOMPLETE' })
        await expect(flipTo(store, 'refused')).rejects.toMatchObject({ code: 'SET_INCOMPLETE' })
        await expect(flipTo(store, 'never')).rejects.toMatchObject({ code: 'SET_UNKNOWN' })
        await expect(flipTo(store, 'other')).rejects.toMatchObject({ code: 'SET_UNKNOWN' })
        expect(await store.active('fraud')).toBe(null)
      })

      it('moves for one of two that expected the same', async () => {
        for (const id of ['a', 'b', 'c']) await loadSet(store, newSet(id), keys)
        await flipTo(store, 'a')
        const other = await connect()
        const flip = { model: 'fraud', kind: 'flip', by: 'test', reason: '', expected: 'a' } as const
        const tries = await Promise.allSettled([store.flip({ ...flip, set: 'b' }), other.flip({ ...flip, set: 'c' })])
        expect(tries.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
        expect(await store.flips('fraud')).toHaveLength(2)
      })

      it('is of one model', async () => {
        await loadSet(store, newSet('a'), ['k'])
        await loadSet(store, newSet('b', 'churn'), ['k'])
        await flipTo(store, 'a')
        expect(await store.active('churn')).toBe(null)
        await flipTo(store, 'b', 'churn')
        expect((await store.read('fraud', ['k'])).values).toEqual([valueOf('a', 'k')])
        expect((await store.read('churn', ['k'])).values).toEqual([valueOf('b', 'k')])
        expect((await store.flips('churn')).map(({ set }) => set)).toEqual(['b'])
        expect((await store.sets('churn')).map(({ id }) => id)).toEqual(['b'])
        expect((await store.sets()).map(({ id }) => id)).toEqual(['b', 'a'])
      })
    })

    describe('reading', () => {
      it('answers in the order of the keys, missing ones with null, repeated ones again', async () => {
        await loadSet(store, newSet('a'), keys, 30)
        await flipTo(store, 'a')
        const asked = ['k050', 'no', 'k001', 'k050', '', 'k099']
        const values = asked.map((key) => (keys.includes(key) ? valueOf('a', key) : null))
        expect(await store.read('fraud', asked)).toEqual({ set: newSet('a'), values })
        expect(await store.read('fraud', [])).toEqual({ set: newSet('a'), values: [] })
        expect(store.readNow?.('fraud', asked) ?? { set: newSet('a'), values }).toEqual({ set: newSet('a'), values })
      })

      it('answers 4096 keys at once', async () => {
        const many = Array.from({ length: 5000 }, (_, i) => `user-${i}`)
        await loadSet(store, newSet('a'), many, 1000)
        await flipTo(store, 'a')
        const asked = Array.from({ length: 4096 }, (_, i) => `user-${(i * 7919) % 6000}`)
        const { values } = await store.read('fraud', asked)
        expect(values).toEqual(asked.map((key) => (Number(key.slice(5)) < 5000 ? valueOf('a', key) : null)))
      })

      it('keeps long keys and values, and those in any script', async () => {
        const long = [
          'x'.repeat(1024),
          `${'x'.repeat(1023)}y`,
          '🙂'.repeat(256),
          'größe',
          'gro\u0308ße',
          'K',
          'k',
          ' k',
          'k ',
          "'",
          '%',
          '\\',
          '{}',
        ]
        await store.create(newSet('a'))
        const rows = long.map((key, row) => ({
          key,
          value: JSON.stringify(`${key}\u0000🙂${'v'.repeat(row === 0 ? 100 * 1024 : row)}`),
          row,
        }))
        const { record, refused } = await writePartition(store, 'a', 0, rows)
        expect(refused).toEqual([])
        await store.complete('a', { rows: rows.length, checksum: record.checksum, fallbackRows: 0, details: {} })
        await flipTo(store, 'a')
        expect((await store.read('fraud', long)).values).toEqual(rows.map(({ value }) => value))
      })

      it('finds any text that may be a key', async () => {
        const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !text.includes('\u0000'))
        let run = 0
        await fc.assert(
          fc.asyncProperty(fc.uniqueArray(key, { minLength: 1, maxLength: 20 }), async (texts) => {
            const id = `run-${run++}`
            await loadSet(store, newSet(id), texts)
            await flipTo(store, id)
            expect((await store.read('fraud', texts)).values).toEqual(texts.map((text) => valueOf(id, text)))
          }),
          { numRuns: 10 },
        )
      })

      it('gives every row of a set in the order of the bytes of its key', async () => {
        const some = ['b', 'a', 'Z', 'é', '🙂', '\uff5e', 'aa', '_', '0']
        await loadSet(store, newSet('a'), [...some, ...keys])
        const found: [string, string][] = []
        for await (const rows of store.rows('a')) found.push(...rows.map(({ key, value }) => [key, value] as [string, string]))
        const sorted = [...some, ...keys].toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
        expect(found).toEqual(sorted.map((key) => [key, valueOf('a', key)]))
        await expect(store.rows('never')[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'SET_UNKNOWN' })
      })

      it('sees at once the flip that another connection made', async () => {
        const other = await connect()
        await loadSet(store, newSet('a'), keys)
        await loadSet(store, newSet('b'), keys)
        for (let i = 0; i < 20; i++) {
          const set = 'ab'[i % 2]!
          await flipTo(i % 3 === 0 ? store : other, set)
          expect(setOfRead(await store.read('fraud', keys))).toBe(set)
          expect(setOfRead(await other.read('fraud', keys))).toBe(set)
          expect(setOfRead(other.readNow?.('fraud', ['k007']) ?? (await other.read('fraud', ['k007'])))).toBe(set)
        }
      })

      it('never mixes two sets in one answer while another connection flips', async () => {
        await loadSet(store, newSet('a'), keys)
        await loadSet(store, newSet('b'), keys)
        await flipTo(store, 'a')
        const reader = await connect()
        const done = { flips: 0 }
        const seen = { a: 0, b: 0 }
        const flipping = (async () => {
          for (; done.flips < 300; done.flips++) await flipTo(store, 'ab'[done.flips % 2]!)
        })()
        while (done.flips < 300) seen[setOfRead(await reader.read('fraud', keys)) as 'a' | 'b']++
        await flipping
        expect(Math.min(seen.a, seen.b)).toBeGreaterThan(0)
      })

      it('never mixes two sets in one answer while another process flips', async () => {
        await loadSet(store, newSet('a'), keys)
        await loadSet(store, newSet('b'), keys)
        await flipTo(store, 'a')
        const { module, open: name, options } = under.elsewhere
        const args = ['--import', 'tsx', flipper, module, name, JSON.stringify(options), 'fraud', 'b', 'a']
        const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
        const ended = new Promise<string>((resolve) => {
          let text = ''
          child.stdout.on('data', (chunk) => (text += String(chunk)))
          child.on('close', () => resolve(text))
        })
        const seen = { a: 0, b: 0 }
        const end = performance.now() + 20_000
        while (Math.min(seen.a, seen.b) < 200 && performance.now() < end) {
          seen[setOfRead(await store.read('fraud', keys)) as 'a' | 'b']++
          await nextTurn()
        }
        child.stdin.end()
        expect(Number(await within('the other process ends', ended))).toBeGreaterThan(1)
        expect(Math.min(seen.a, seen.b)).toBeGreaterThanOrEqual(200)
      })
    })

    describe('dropping', () => {
      it('removes a set with all that is of it, and the id may be used again', async () => {
        await loadSet(store, newSet('a'), keys)
        await store.drop('a')
        expect(await store.set('a')).toBe(null)
        expect(await store.sets()).toEqual([])
        await expect(store.drop('a')).rejects.toMatchObject({ code: 'SET_UNKNOWN' })
        await store.create(newSet('a'))
        expect(await store.partitions('a')).toEqual([])
        expect((await writePartition(store, 'a', 0, rowsOf('a', ['k']))).refused).toEqual([])
      })

      it('removes a set that is loading', async () => {
        await store.create(newSet('a'))
        await writePartition(store, 'a', 0, rowsOf('a', keys))
        await store.drop('a')
        expect(await store.sets()).toEqual([])
      })

      it('refuses the set that the pointer stands on', async () => {
        await loadSet(store, newSet('a'), keys)
        await flipTo(store, 'a')
        await expect(store.drop('a')).rejects.toMatchObject({ code: 'SET_ACTIVE' })
        expect(setOfRead(await store.read('fraud', keys))).toBe('a')
      })

      it('keeps the history of flips to a set that is gone', async () => {
        for (const id of ['a', 'b']) await loadSet(store, newSet(id), keys)
        await flipTo(store, 'a')
        await flipTo(store, 'b')
        await store.drop('a')
        expect((await store.flips('fraud')).map(({ set, previous }) => [set, previous])).toEqual([
          ['b', 'a'],
          ['a', null],
        ])
        await expect(flipTo(store, 'a')).rejects.toMatchObject({ code: 'SET_UNKNOWN' })
      })

      it('leaves readers with whole answers while sets come and go', async () => {
        const reader = await connect()
        await loadSet(store, newSet('set-0'), keys)
        await flipTo(store, 'set-0')
        const done = { turns: 0 }
        const turning = (async () => {
          for (let i = 1; i <= 30; i++) {
            await loadSet(store, newSet(`set-${i}`), keys)
            await nextTurn()
            await flipTo(store, `set-${i}`)
            await nextTurn()
            await store.drop(`set-${i - 1}`)
            await nextTurn()
            done.turns = i
          }
        })()
        let reads = 0
        while (done.turns < 30) {
          expect(setOfRead(await reader.read('fraud', keys))).toMatch(/^set-/)
          reads++
          await nextTurn()
        }
        await turning
        expect(reads).toBeGreaterThan(5)
        expect(setOfRead(await reader.read('fraud', keys))).toBe('set-30')
      })
    })

    describe('a connection', () => {
      it('finds everything again when it is opened anew', async () => {
        const complete = await loadSet(store, newSet('a'), keys)
        await flipTo(store, 'a')
        await store.create(newSet('b'))
        await writePartition(store, 'b', 0, rowsOf('b', keys))
        await store.close()
        const again = await connect()
        expect(await again.active('fraud')).toEqual(complete)
        expect(setOfRead(await again.read('fraud', keys))).toBe('a')
        expect(await again.partitions('b')).toHaveLength(1)
        expect((await writePartition(again, 'b', 1, rowsOf('b', ['k000', 'new']))).refused).toMatchObject([{ row: 0 }])
      })

      it('takes back a partition that was open when it closed', async () => {
        await store.create(newSet('a'))
        const writer = await store.openPartition('a', 0)
        await writer.write(rowsOf('a', keys))
        await store.close()
        const again = await connect()
        expect(await again.partitions('a')).toEqual([])
        expect((await writePartition(again, 'a', 0, rowsOf('a', keys))).refused).toEqual([])
      })

      it('answers nothing after it is closed, and may be closed again', async () => {
        await loadSet(store, newSet('a'), keys)
        await flipTo(store, 'a')
        await store.close()
        await store.close()
        await expect(store.read('fraud', ['k000'])).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
        await expect(store.create(newSet('b'))).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
        await expect(store.openPartition('a', 1)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
      })

      it('names its engine', () => {
        expect(store.engine).toMatch(/^[a-z]+ \d+\.\d+/)
      })
    })
  })
}
