import { createServer, type AddressInfo, type Server } from 'node:net'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { StoredSets } from '../../src/core/stored-sets.js'
import { openPostgresStoredSets } from '../../src/drivers/postgres/stored-sets.js'
import { missingPostgres, openPostgres, type TestPostgres } from '../support/postgres.js'
import { until, within } from '../support/until.js'
import { flipTo, loadSet, newSet, recordOf, rowsOf, valueOf, writePartition } from './stored-sets-fixture.js'

const absent = missingPostgres('own')

describe.skipIf(absent !== null)(`stored sets in a Postgres that goes away ${absent ?? ''}`, () => {
  let server: TestPostgres
  let url: string
  let store: StoredSets
  beforeAll(async () => {
    server = await openPostgres('own')
    url = await server.database()
    store = await openPostgresStoredSets({ url })
    await loadSet(store, newSet('a'), ['x', 'y'])
    await flipTo(store, 'a')
  })
  afterAll(async () => {
    await store?.close()
    await server?.remove()
  })

  it('refuses reads within the limit while it is away, and answers again when it is back', async () => {
    expect((await store.read('fraud', ['x'])).values).toEqual([valueOf('a', 'x')])
    await server.stop()
    const reads = Array.from({ length: 50 }, () => store.read('fraud', ['x', 'y']).catch((error: unknown) => error))
    for (const error of await within('reads of a server that is gone', Promise.all(reads), 5000)) {
      expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
      expect(String(error)).not.toContain('top-secret')
    }
    await expect(openPostgresStoredSets({ url })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await server.start()
    const { values } = await until('reads are answered', () => store.read('fraud', ['x', 'y']))
    expect(values).toEqual([valueOf('a', 'x'), valueOf('a', 'y')])
  })

  it('fails a partition that was open, and takes it when it is written again', async () => {
    await store.create(newSet('b'))
    await writePartition(store, 'b', 0, rowsOf('b', ['x']))
    const writer = await store.openPartition('b', 1)
    await writer.write(rowsOf('b', ['y']))
    await server.stop()
    await expect(writer.commit(async (_, data) => recordOf(1, 1, 0, data))).rejects.toMatchObject({ code: 'SINK_FAILED' })
    await writer.abort()
    await server.start()
    await until('the server is back', () => store.set('b'))
    expect((await store.partitions('b')).map((record) => record.partition.index)).toEqual([0])
    const { refused } = await writePartition(store, 'b', 1, rowsOf('b', ['y', 'x']))
    expect(refused).toMatchObject([{ row: 1, code: 'KEY_DUPLICATE' }])
  })

  it('does not wait for ever where a table is locked', async () => {
    const other = new Client({ connectionString: url })
    await other.connect()
    await other.query('BEGIN; LOCK TABLE slipway.active IN ACCESS EXCLUSIVE MODE')
    await expect(within('a read of a locked table', store.read('fraud', ['x']), 8000)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' })
    await other.query('ROLLBACK')
    await other.end()
    expect((await store.read('fraud', ['x'])).values).toEqual([valueOf('a', 'x')])
  })
})

describe('a server that takes connections and says nothing', () => {
  let silent: Server
  beforeAll(async () => {
    silent = createServer()
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  })
  afterAll(() => {
    silent.close()
  })

  it('is given up within the limit', async () => {
    const url = `postgres://ann:top-secret@127.0.0.1:${(silent.address() as AddressInfo).port}/shop`
    const error: unknown = await within('opening', openPostgresStoredSets({ url }), 4000).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' })
    expect(String(error)).not.toContain('top-secret')
  })
})
