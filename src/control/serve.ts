import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureAdminToken } from '../access/admin-token.js'
import { createAuthorizer } from '../access/authorizer.js'
import { assertSafeBinding } from '../access/binding.js'
import { createKeyStore } from '../access/key-store.js'
import { systemClock } from '../core/clock.js'
import type { Logger } from '../core/ports.js'
import { createPrometheusSink } from '../drivers/prometheus/sink.js'
import type { MetricsSink } from '../monitoring/metrics-sink.js'
import type { DataPlane } from '../serving/data-plane.js'
import { createStoredPlane, type StoredPlane } from '../serving/stored-plane.js'
import type { GrpcServer } from '../targets/grpc/options.js'
import type { HttpServer } from '../targets/http/options.js'
import { createHttpServer } from '../targets/http/create-http-server.js'
import { loadStaticPages } from '../targets/http/pages/static-pages.js'
import { type AdminServer, createAdminServer } from './admin/create-admin-server.js'
import { openPlane, type OpenPlane, type PlaneOptions } from './open-plane.js'
import { defaultStore, openStoredSetsIfAny, storePlace } from './open-stored-sets.js'
import type { LoadedConfig } from './config/load-config.js'
import { spawnedRuns } from './schedule/spawn-run.js'
import type { RunningSchedules } from './schedule/start-schedules.js'
import { createBatchMetrics } from '../monitoring/batch-metrics.js'
import { packageVersion } from './package-info.js'
import type { StateDir } from './state-dir.js'
import { createObservers, type TransportObservers } from './transport-observers.js'

export interface ServeOptions extends Omit<PlaneOptions, 'metrics' | 'logger' | 'state'> {
  readonly state: StateDir
  readonly host: string
  /** 0 for a free port. */
  readonly port: number
  /** Null for no gRPC. */
  readonly grpcPort: number | null
  readonly adminHost: string
  /** Null for no admin API. */
  readonly adminPort: number | null
  readonly requireKey: boolean
  /** URL of the store of predictions; the SQLite file of the state folder when left out. */
  readonly store?: string
  /** Name in the protocols' server metadata. */
  readonly serverName: string
  /** Largest request body in bytes; the protocols' own default when null. */
  readonly bodyBytes: number | null
  /** How long calls under way may take when the server ends. */
  readonly graceMs: number
  /** Batches whose schedules the server runs; none when left out. */
  readonly config?: LoadedConfig
  /** A log line for each request. */
  readonly accessLog: boolean
  readonly logger: Logger
}

/** A running server. Ports are those really taken. */
export interface RunningServer {
  readonly plane: DataPlane
  readonly http: { readonly host: string; readonly port: number }
  readonly grpc: { readonly host: string; readonly port: number } | null
  readonly admin: { readonly host: string; readonly port: number; readonly tokenPath: string } | null
  /** Readiness turns 503, calls under way are finished within the grace time, then everything closes. */
  close(): Promise<void>
}

/** Time for calls that are on their way when the server is told to end. */
const partingMs = 250

/** The whole server: registry, models, metrics, HTTP, gRPC and admin API, wired. */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const { state, logger } = options
  const keys = createKeyStore(state.keys, { logger })
  const adminHost = options.adminPort === null ? null : options.adminHost
  for (const warning of assertSafeBinding({
    host: options.host,
    adminHost,
    requireKey: options.requireKey,
    hasAdminKey: keys.grants('admin'),
  })) {
    logger.warn({}, warning)
  }
  const metrics = await createPrometheusSink()
  const closing: (() => Promise<void>)[] = []
  try {
    const open = await openPlane({ ...options, metrics, logger })
    const plane = open.repository
    closing.unshift(() => open.close())
    const stored = openStored(options, plane, metrics)
    closing.unshift(() => stored.close())
    const server = { name: options.serverName, version: packageVersion() }
    const shared = {
      plane,
      logger,
      clock: systemClock,
      server,
      stored,
      authorizer: createAuthorizer({ requireKey: options.requireKey, keys }),
    }
    const observers = createObservers(metrics, options.accessLog ? logger : null)
    const http = await startHttp(options, { ...shared, observers }, async () => ({
      contentType: metrics.contentType,
      text: await metrics.exposition(),
    }))
    closing.unshift(() => http.server.close(options.graceMs))
    const grpc = await startGrpc(options, { ...shared, observers })
    if (grpc !== null) closing.unshift(() => grpc.server.drain(options.graceMs))
    const admin = await startAdmin(options, open, keys)
    if (admin !== null) closing.unshift(() => admin.server.close())
    const schedules = await openSchedules(options, metrics)
    if (schedules !== null) closing.unshift(() => schedules.close())
    return {
      plane,
      http: { host: options.host, port: http.port },
      grpc: grpc === null ? null : { host: options.host, port: grpc.port },
      admin: admin === null ? null : { host: options.adminHost, port: admin.port, tokenPath: state.adminToken },
      close: async () => {
        http.server.beginDrain()
        grpc?.server.beginDrain()
        // gRPC goes on while HTTP parts from its connections: a call that is on its way is taken.
        const drainGrpc = async (): Promise<void> => {
          if (grpc === null) return
          await new Promise((resolve) => setTimeout(resolve, partingMs))
          await grpc.server.drain(options.graceMs)
        }
        await Promise.all([http.server.close(options.graceMs), drainGrpc(), admin?.server.close(), schedules?.close()])
        await stored.close()
        await open.close()
        metrics.close()
      },
    }
  } catch (error) {
    for (const close of closing) await close()
    metrics.close()
    throw error
  }
}

type Shared = Pick<Parameters<typeof createHttpServer>[0], 'plane' | 'logger' | 'clock' | 'server' | 'stored'> & {
  readonly authorizer: ReturnType<typeof createAuthorizer>
  readonly observers: TransportObservers
}

/** The store is opened by the first lookup: a server starts without it. CONFIG_INVALID when its URL is none. */
function openStored(options: ServeOptions, plane: DataPlane, metrics: MetricsSink): StoredPlane {
  const store = options.store ?? defaultStore(options.state)
  storePlace(store)
  return createStoredPlane({ plane, metrics, clock: systemClock, open: () => openStoredSetsIfAny(store) })
}

/** The schedules of the configuration, each run in a process of its own; null when there are none. */
async function openSchedules({ config, state, logger }: ServeOptions, metrics: MetricsSink): Promise<RunningSchedules | null> {
  if (config?.file == null || ![...config.batch.values()].some((entry) => entry.schedule !== undefined)) return null
  const { startSchedules } = await import('./schedule/start-schedules.js')
  const run = spawnedRuns({ stateRoot: state.root, config: config.file, metrics: createBatchMetrics(metrics), logger })
  return startSchedules({ config, stateRoot: state.root, run, whenHeld: 'stand-by', logger, metrics })
}

async function startHttp(
  options: ServeOptions,
  shared: Shared,
  metrics: () => Promise<{ readonly contentType: string; readonly text: string }>,
): Promise<{ readonly server: HttpServer; readonly port: number }> {
  const pages = loadStaticPages(join(fileURLToPath(new URL('../web', import.meta.url))))
  const limits = options.bodyBytes === null ? {} : { bodyBytes: options.bodyBytes, decompressedBytes: options.bodyBytes }
  const server = await createHttpServer({
    ...shared,
    metrics,
    limits,
    ...(pages === null ? {} : { pages }),
    observer: shared.observers.http,
  })
  return { server, ...(await server.listen({ host: options.host, port: options.port })) }
}

async function startGrpc(options: ServeOptions, shared: Shared): Promise<{ readonly server: GrpcServer; readonly port: number } | null> {
  if (options.grpcPort === null) return null
  const { createGrpcServer } = await import('../targets/grpc/create-grpc-server.js')
  const limits = options.bodyBytes === null ? {} : { bodyBytes: options.bodyBytes }
  const server = createGrpcServer({ ...shared, limits, observer: shared.observers.grpc })
  return { server, ...(await server.listen({ host: options.host, port: options.grpcPort })) }
}

async function startAdmin(
  options: ServeOptions,
  open: OpenPlane,
  keys: ReturnType<typeof createKeyStore>,
): Promise<{ readonly server: AdminServer; readonly port: number } | null> {
  if (options.adminPort === null) return null
  const token = await ensureAdminToken(options.state.adminToken)
  const parts = { registry: open.registry, plane: open.repository, keys, token, logger: options.logger, version: packageVersion() }
  const server = await createAdminServer(parts)
  return { server, ...(await server.listen({ host: options.adminHost, port: options.adminPort })) }
}
