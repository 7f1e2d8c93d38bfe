import { resolve } from 'node:path'
import { openPostgres } from '../test/support/postgres.js'
import { openRedis } from '../test/support/redis.js'
import { batchModel } from './batch-data.js'
import { freePort } from './processes.js'
import { type Belongings, onCore } from './stored-processes.js'
import { model } from './stored-rows.js'

export interface Databases {
  readonly redis: string
  /** Two databases of one server: for the peer, and for slipway. */
  readonly peerPostgres: string
  readonly postgres: string
}

/** A server that answers lookups. */
export interface Contender {
  readonly name: string
  readonly port: number
  /** Keys that are there: `k0` to `k<keys - 1>`. */
  readonly keys: number
}

/** Path of a lookup up to the key; the same for all. */
export const lookupPath = `/models/${model}/stored/`

/** Redis and Postgres of our own, on one core. */
export function openDatabases(belongings: Belongings, core: number): Promise<Databases> {
  return onCore(core, async () => {
    const redis = await openRedis('own')
    belongings.keep(() => redis.remove())
    const postgres = await openPostgres('own')
    belongings.keep(() => postgres.remove())
    return { redis: redis.url, peerPostgres: await postgres.database(), postgres: await postgres.database() }
  })
}

/** slipway with the perceptron of the batch benchmark in a worker process, over a store. */
export async function serveSlipway(
  belongings: Belongings,
  { name, store, keys, core }: { readonly name: string; readonly store: string; readonly keys: number; readonly core: number },
): Promise<Contender> {
  const port = await freePort()
  const args = [
    'dist/cli/main.js',
    'serve',
    batchModel().definition,
    '--isolation',
    'process',
    '--store',
    store,
    '--state',
    belongings.folder(),
  ]
  args.push('--port', String(port), '--grpc-port', '0', '--admin-port', '0', '--log-level', 'error')
  await belongings.serve({ core, command: process.execPath, args }, `http://127.0.0.1:${port}/v2/health/ready`)
  return { name, port, keys }
}

export interface PeerOptions {
  readonly app: 'stored_fastapi_redis' | 'stored_fastapi_asyncpg'
  readonly python: string
  readonly env: Readonly<Record<string, string>>
  readonly keys: number
  readonly core: number
}

/** Loads the keys of a peer into its database and serves them by uvicorn. */
export async function servePeer(belongings: Belongings, { app, python, env, keys, core }: PeerOptions): Promise<Contender> {
  const command = { core, command: resolve(python), cwd: 'bench/peers', env }
  await belongings.run({ ...command, args: [`${app}.py`, String(keys)] }, 60_000 + keys)
  const port = await freePort()
  const args = ['-m', 'uvicorn', `${app}:app`, '--host', '127.0.0.1', '--port', String(port)]
  args.push('--loop', 'uvloop', '--http', 'httptools', '--no-access-log', '--log-level', 'error')
  await belongings.serve({ ...command, args }, `http://127.0.0.1:${port}/health`)
  return { name: app.replace('stored_', '').replace('_', '-'), port, keys }
}
