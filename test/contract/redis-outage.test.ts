import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StoredSets } from '../../src/core/stored-sets.js'
import { openRedisStoredSets } from '../../src/drivers/redis/stored-sets.js'
import { missingRedis, openRedis, type TestRedis } from '../support/redis.js'
import { until, within } from '../support/until.js'
import { checksumOf, flipTo, loadSet, newSet, recordOf, rowsOf, valueOf, writePartition } from './stored-sets-fixture.js'

const absent = missingRedis('own')

describe.skipIf(absent !== null)(`stored sets in a Redis that goes away ${absent ?? ''}`, () => {
  let server: TestRedis
  let store: StoredSets
  beforeAll(async () => {
    server = await openRedis('own')
    store = await openRedisStoredSets({ url: server.url })
  })
  afterAll(async () => {
    await store?.close()
    await server?.remove()
  })

  it('refuses reads within the limit while it does not answer, and reads again afterwards', async () => {
    await loadSet(store, newSet('a'), ['x', 'y'])
    await flipTo(store, 'a')
    server.freeze(true)
    const reads = Array.from({ length: 50 }, () => store.read('fraud', ['x']).catch((error: unknown) => error))
    for (const error of await within('reads of a server that hangs', Promise.all(reads), 8000)) {
      expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    }
    server.freeze(false)
    const { values } = await until('reads are answered', () => store.read('fraud', ['x']))
    expect(values).toEqual([valueOf('a', 'x')])
  })

  it('knows the rows of a partition that was killed between them and its record', async () => {
    await store.create(newSet('b'))
    const rows = rowsOf('b', ['p', 'q'])
    const killed = await store.openPartition('b', 0)
    await killed.write(rows)
    // A record that never comes: the rows are there, the process is as good as gone.
    let reached = (): void => undefined
    const stored = new Promise<void>((resolve) => (reached = resolve))
    void killed.commit(() => {
      reached()
      return new Promise(() => undefined)
    })
    await stored
    await expect(store.complete('b', { rows: 2, checksum: checksumOf(rows), fallbackRows: 0, details: {} })).rejects.toMatchObject({
      code: 'SET_INCOMPLETE',
    })
    const { refused, record } = await writePartition(store, 'b', 0, rows)
    expect(refused).toEqual([])
    await store.complete('b', { rows: 2, checksum: record.checksum, fallbackRows: 0, details: {} })
  })

  it('refuses everything while it is away, and works again when it is back', async () => {
    await store.create(newSet('c'))
    const writer = await store.openPartition('c', 0)
    await writer.write(rowsOf('c', ['x']))
    await server.stop()
    await expect(writer.commit(async (_, data) => recordOf(0, 1, 0, data))).rejects.toMatchObject({ code: 'SINK_FAILED' })
    const error: unknown = await within('a read', store.read('fraud', ['x']), 6000).catch((thrown: unknown) => thrown)
    const closed: unknown = await within('opening', openRedisStoredSets({ url: server.url }), 4000).catch((thrown: unknown) => thrown)
    expect([error, closed]).toMatchObject([{ code: 'STORE_UNAVAILABLE' }, { code: 'STORE_UNAVAILABLE' }])
    expect(String(error) + String(closed)).not.toContain('top-secret')
    await server.start()
    // This one keeps nothing on a disk: the store is empty.
    expect(await until('it answers', () => store.sets())).toEqual([])
    await loadSet(store, newSet('d'), ['x'])
    await flipTo(store, 'd')
    expect((await until('reads are answered', () => store.read('fraud', ['x']))).values).toEqual([valueOf('d', 'x')])
  })
})
