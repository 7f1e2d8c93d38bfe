import { fileURLToPath } from 'node:url'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe } from 'vitest'
import { openRedisStoredSets } from '../../src/drivers/redis/stored-sets.js'
import { missingRedis, openRedis, type TestRedis } from '../support/redis.js'
import { storedSetsContract } from './stored-sets.js'

const absent = missingRedis()
const module = fileURLToPath(new URL('../../src/drivers/redis/stored-sets.ts', import.meta.url))

describe.skipIf(absent !== null)(`Redis ${absent ?? ''}`, () => {
  let server: TestRedis
  let stores = 0
  beforeAll(async () => {
    server = await openRedis()
  })
  afterAll(() => server?.remove())

  storedSetsContract('in Redis', async () => {
    const options = { url: server.url, prefix: `slipway-test-${process.pid}-${stores++}` }
    return {
      connect: () => openRedisStoredSets(options),
      elsewhere: { module, open: 'openRedisStoredSets', options },
      remove: () => removeKeys(options),
    }
  })
})

async function removeKeys({ url, prefix }: { readonly url: string; readonly prefix: string }): Promise<void> {
  const client = createClient({ url })
  client.on('error', () => undefined)
  await client.connect()
  const keys = await client.keys(`${prefix}:*`)
  if (keys.length > 0) await client.del(keys)
  client.destroy()
}
