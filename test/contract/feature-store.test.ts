import { createMemoryFeatureStore } from '../../src/drivers/memory/feature-store.js'
import { openSqliteFeatureStore } from '../../src/drivers/sqlite/feature-store.js'
import { featureStoreContract } from './feature-store.js'

featureStoreContract('in memory', async () => createMemoryFeatureStore())
featureStoreContract('in SQLite', () => openSqliteFeatureStore({ path: ':memory:' }))
