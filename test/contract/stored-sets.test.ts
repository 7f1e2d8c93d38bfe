import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openLmdbStoredSets } from '../../src/drivers/lmdb/stored-sets.js'
import { openSqliteStoredSets } from '../../src/drivers/sqlite/stored-sets.js'
import { storedSetsContract } from './stored-sets.js'

storedSetsContract('in SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-stored-'))
  const options = { path: join(folder, 'stored #1?.sqlite') }
  return {
    connect: () => openSqliteStoredSets(options),
    elsewhere: { module: driver('sqlite'), open: 'openSqliteStoredSets', options },
    remove: () => rm(folder, { recursive: true }),
  }
})

storedSetsContract('in LMDB', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-stored-'))
  const options = { path: join(folder, 'stored.lmdb'), mapSize: 2 ** 30 }
  return {
    connect: () => openLmdbStoredSets(options),
    elsewhere: { module: driver('lmdb'), open: 'openLmdbStoredSets', options },
    remove: () => rm(folder, { recursive: true }),
  }
})

function driver(engine: string): string {
  return fileURLToPath(new URL(`../../src/drivers/${engine}/stored-sets.ts`, import.meta.url))
}
