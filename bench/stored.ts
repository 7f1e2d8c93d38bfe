// Stored predictions: loading, reading, flipping, and lookups over HTTP beside FastAPI with Redis and with Postgres, in one run:
//   npm run bench:stored [-- --json] [--keys 10000000] [--peer-keys 1000000] [--rounds 5] [--seconds 3] [--mixed-reads 1000000]
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { openStoredSets } from '../src/control/open-stored-sets.js'
import { toSlipwayError } from '../src/core/errors.js'
import { pythonEnvironment } from './python-env.js'
import { flipTo, measureFlips, measureMixed, measurePointReads } from './stored-embedded.js'
import { progress, rounded } from './stored-figures.js'
import { measureHttp } from './stored-http.js'
import { bytesUnder, type LoadFigures, loadSet } from './stored-loading.js'
import { type Contender, type Databases, openDatabases, servePeer, serveSlipway } from './stored-peers.js'
import { measurePostgresReads } from './stored-postgres.js'
import { Belongings } from './stored-processes.js'
import { ordered } from './stored-rows.js'
import { type EmbeddedReport, printTable, type StoredReport } from './stored-report.js'

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    keys: { type: 'string', default: '10000000' },
    'peer-keys': { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    flips: { type: 'string', default: '200' },
    'mixed-reads': { type: 'string', default: '1000000' },
    'mixed-keys': { type: 'string', default: '100' },
    'per-second': { type: 'string', default: '5000' },
    /** A Python that has the packages of bench/requirements-batch.txt; an environment of our own when left out. */
    python: { type: 'string' },
  },
})
const [keys, peerKeys, rounds, seconds] = [flags.keys, flags['peer-keys'], flags.rounds, flags.seconds].map(Number) as [
  number,
  number,
  number,
  number,
]
const serverCore = 0
const loadCore = 1
/** Keys of the second set. */
const secondKeys = Math.min(keys, 1_000_000)
/** For a million reads of a hundred keys each, at a tenth of the speed that is to be expected. */
const mixedLimitMs = 3_600_000

const belongings = new Belongings()
try {
  const report = await measureAll()
  if (flags.json) process.stdout.write(`${JSON.stringify(report)}\n`)
  else printTable(report)
} finally {
  await belongings.close()
}

async function measureAll(): Promise<StoredReport> {
  const stores: { readonly name: string; readonly store: string; readonly keys: number }[] = []
  const embedded: Record<string, EmbeddedReport | { readonly skipped: string }> = {}
  for (const engine of ['sqlite', 'lmdb'] as const) {
    const store = storeIn(engine, belongings.folder())
    const missing = await missingEngine(storeIn(engine, belongings.folder()))
    embedded[engine] = missing === null ? await measureEmbedded(engine, store) : { skipped: missing }
    if (missing === null) stores.push({ name: `slipway-${engine}`, store, keys })
    else progress(`${engine}: skipped: ${missing}`)
  }
  progress('databases')
  const databases = await openDatabases(belongings, loadCore)
  const postgres = await measurePostgres(databases)
  stores.push({ name: 'slipway-postgres', store: databases.postgres, keys: peerKeys })
  progress('http')
  const contenders: Contender[] = []
  for (const store of stores) contenders.push(await serveSlipway(belongings, { ...store, core: serverCore }))
  contenders.push(...(await servePeers(databases)))
  const http = await measureHttp(belongings, contenders, { rounds, seconds, core: loadCore, perSecond: Number(flags['per-second']) })
  return { http, embedded, postgres, options: { keys, peerKeys, secondKeys, rounds, seconds } }
}

function storeIn(engine: 'sqlite' | 'lmdb', folder: string): string {
  return `${engine}:${engine === 'sqlite' ? join(folder, 'stored.sqlite') : folder}`
}

/** Why an engine cannot be measured; null when it can. */
async function missingEngine(store: string): Promise<string | null> {
  try {
    await (await openStoredSets(store)).close()
    return null
  } catch (thrown) {
    const error = toSlipwayError(thrown)
    if (error.code !== 'PACKAGE_MISSING') throw error
    return error.message
  }
}

/** The store stays, with the shuffled set active, for the servers that follow. */
async function measureEmbedded(engine: 'sqlite' | 'lmdb', url: string): Promise<EmbeddedReport> {
  const keyOrder = await loadAlone(engine)
  const store = await openStoredSets(url)
  try {
    progress(`${engine}: ${keys} shuffled keys`)
    const loaded = await loadSet(store, 1, ordered('shuffled', keys))
    const shuffled = withBytes(loaded, url)
    await flipTo(store, 1)
    progress(`  ${loaded.rowsPerSecond} rows/s`)
    const pointReads = measurePointReads(store, { keys, rounds, seconds })
    await loadSet(store, 2, ordered('shuffled', secondKeys))
    const flips = await measureFlips(store, Number(flags.flips))
    progress(`  flips: ${JSON.stringify(flips)}`)
    const [reads, batch] = [Number(flags['mixed-reads']), Number(flags['mixed-keys'])]
    const task = { url, reads, batch, keys: secondKeys, core: loadCore, limitMs: mixedLimitMs }
    const mixed = await measureMixed(belongings, store, task)
    if (mixed.mixed > 0 || mixed.missing > 0) process.exitCode = 1
    progress(`  reads during flips: ${JSON.stringify(mixed)}`)
    return { engine: store.engine, load: { keyOrder, shuffled }, pointReads, flips, mixed }
  } finally {
    await store.close()
  }
}

/** In a store of its own, which goes at once: no load is to find space that another left. */
async function loadAlone(engine: 'sqlite' | 'lmdb'): Promise<EmbeddedReport['load']['keyOrder']> {
  progress(`${engine}: ${keys} keys in order`)
  const folder = belongings.folder()
  const url = storeIn(engine, folder)
  const store = await openStoredSets(url)
  try {
    const loaded = await loadSet(store, 1, ordered('keyOrder', keys))
    progress(`  ${loaded.rowsPerSecond} rows/s`)
    return withBytes(loaded, url)
  } finally {
    await store.close()
    rmSync(folder, { recursive: true })
  }
}

function withBytes(loaded: LoadFigures, url: string): EmbeddedReport['load']['keyOrder'] {
  const path = url.slice(url.indexOf(':') + 1)
  const bytes = bytesUnder(url.startsWith('sqlite:') ? join(path, '..') : path)
  return { ...loaded, bytes, bytesPerKey: rounded(bytes / loaded.rows) }
}

async function measurePostgres(databases: Databases): Promise<StoredReport['postgres']> {
  const store = await openStoredSets(databases.postgres)
  try {
    const load = await loadSet(store, 1, ordered('shuffled', peerKeys))
    progress(`  postgres: ${load.rowsPerSecond} rows/s`)
    await flipTo(store, 1)
    const reads = await measurePostgresReads(store, { url: databases.postgres, keys: peerKeys, rounds, seconds })
    return { load, reads }
  } finally {
    await store.close()
  }
}

async function servePeers(databases: Databases): Promise<readonly Contender[]> {
  const python = flags.python ?? (await pythonEnvironment('bench/requirements-batch.txt'))
  const common = { python, keys: peerKeys, core: serverCore }
  return [
    await servePeer(belongings, { ...common, app: 'stored_fastapi_redis', env: { BENCH_REDIS: databases.redis } }),
    await servePeer(belongings, { ...common, app: 'stored_fastapi_asyncpg', env: { BENCH_POSTGRES: databases.peerPostgres } }),
  ]
}
