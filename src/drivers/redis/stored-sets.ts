import { joinReads } from '../../core/join-reads.js'
import type { Flip, StoredSets } from '../../core/stored-sets.js'
import { entries, entryOf, findEntry, headOf } from './catalog.js'
import { completeSet, createSet, dropSet, flip, judgeSet, keptPartitions } from './changes.js'
import { connectRedis } from './connection.js'
import { exportRows } from './export.js'
import { storeKeys } from './keys.js'
import { openRedisPartition } from './partition.js'
import { createLook } from './reads.js'

export interface RedisStoredSetsOptions {
  /** `redis://user:password@host:port/number`; `rediss:` for TLS. */
  readonly url: string
  /** What the names of all keys begin with; `slipway` when left out. */
  readonly prefix?: string
}

/** Queries on their way at once; the server answers them one by one. */
const maxInFlight = 4

/**
 * Sets of predictions in one Redis (no cluster): a hash for each set, and a pointer that is read together with it by a script. They last as long as
 * Redis is set up to keep them. STORE_UNAVAILABLE when it does not answer.
 */
export async function openRedisStoredSets(options: RedisStoredSetsOptions): Promise<StoredSets> {
  const { url, prefix = 'slipway' } = options
  const keys = storeKeys(prefix)
  const reads = await connectRedis(url)
  // Rows that are loaded do not stand in the way of reads.
  const redis = await connectRedis(url).catch(async (error: unknown) => {
    await reads.close()
    throw error
  })
  const info = String(await redis.send('INFO', 'server'))
  const read = joinReads({ look: createLook(reads, keys), maxKeys: 4096, maxInFlight, defer: setImmediate })

  return {
    engine: `redis ${/^redis_version:([\d.]+)/m.exec(info)?.[1] ?? '0.0'}`,
    create: (set) => createSet(redis, keys, set),
    openPartition: (set, index) => openRedisPartition(redis, keys, set, index),
    async partitions(set) {
      const { number } = await entryOf(redis, keys, set)
      return (await keptPartitions(redis, keys, number)).map(({ record }) => record)
    },
    complete: (set, expected) => completeSet(redis, keys, set, expected),
    judge: (set, state, details) => judgeSet(redis, keys, set, state, details),
    flip: (request) => flip(redis, keys, request, Date.now()),
    async flips(model) {
      const texts = (await redis.send('LRANGE', keys.flips(model), '0', '-1')) as readonly string[]
      return texts.map((text) => JSON.parse(text) as Flip)
    },
    async active(model) {
      const pointer = (await redis.send('HGET', keys.active, model)) as string | null
      return pointer === null ? null : ((await findEntry(redis, keys, headOf(pointer).id))?.set ?? null)
    },
    sets: async (model) => (await entries(redis, keys, model)).map(({ set }) => set),
    set: async (id) => (await findEntry(redis, keys, id))?.set ?? null,
    read: (model, wanted, { signal } = {}) => read(model, wanted, signal),
    drop: (set) => dropSet(redis, keys, set),
    rows: (set) => exportRows(redis, keys, set),
    async close() {
      await Promise.all([reads.close(), redis.close()])
    },
  }
}
