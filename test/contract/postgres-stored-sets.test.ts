import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe } from 'vitest'
import { openPostgresStoredSets } from '../../src/drivers/postgres/stored-sets.js'
import { missingPostgres, openPostgres, type TestPostgres } from '../support/postgres.js'
import { storedSetsContract } from './stored-sets.js'

const absent = missingPostgres()
const module = fileURLToPath(new URL('../../src/drivers/postgres/stored-sets.ts', import.meta.url))

describe.skipIf(absent !== null)(`Postgres ${absent ?? ''}`, () => {
  let server: TestPostgres
  beforeAll(async () => {
    server = await openPostgres()
  })
  afterAll(() => server?.remove())

  storedSetsContract('in Postgres', async () => {
    const options = { url: await server.database() }
    return {
      connect: () => openPostgresStoredSets(options),
      elsewhere: { module, open: 'openPostgresStoredSets', options },
      // The database goes with the server.
      remove: async () => undefined,
    }
  })
})
