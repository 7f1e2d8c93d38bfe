import { loadConfig } from '../control/config/load-config.js'
import { createLogger } from '../control/create-logger.js'
import { localActor } from '../control/open-local-registry.js'
import { type RunningServer, serve as startServer } from '../control/serve.js'
import { openStateDir } from '../control/state-dir.js'
import { takeUp } from '../control/take-up.js'
import { waitForSignal } from '../control/wait-for-signal.js'
import { usageError } from './exit.js'
import { registryArgs } from './registry-args.js'
import { printStarted } from './serve-banner.js'
import { type AnyVerb, choiceFlag, defineVerb, integerFlag } from './verb.js'

const defaults = { port: 8080, grpc: 8081, admin: 8082 } as const
const port = [0, 65_535] as const

export const serve: AnyVerb = defineVerb({
  name: 'serve',
  description: 'Serve models over REST and gRPC',
  example: 'slipway serve model.onnx\nslipway serve fraud reviews --port 9000\nslipway serve',
  rest: true,
  args: {
    models: {
      type: 'positional',
      description: 'Files, folders or names of the registry (several may follow); all of the registry when left out',
      required: false,
    },
    host: { type: 'string', description: 'Address of the data ports', default: '127.0.0.1' },
    port: { type: 'string', description: 'REST port; 0 for a free one', default: String(defaults.port) },
    'grpc-port': { type: 'string', description: 'gRPC port; 0 for a free one', default: String(defaults.grpc) },
    'admin-port': { type: 'string', description: 'Port of the admin API; 0 for a free one', default: String(defaults.admin) },
    'admin-host': { type: 'string', description: 'Address of the admin API', default: '127.0.0.1' },
    isolation: { type: 'string', description: 'Where models run: auto, inline (in this process) or process', default: 'auto' },
    workers: { type: 'string', description: 'Worker processes of each version that runs in processes', default: '1' },
    threads: { type: 'string', description: 'Threads inside one run', default: '1' },
    memory: { type: 'string', description: 'MiB of memory that one worker process may take', default: '4096' },
    'deadline-ms': { type: 'string', description: 'Deadline of requests to models that set none', default: '30000' },
    'max-queue': { type: 'string', description: 'Requests of one model that may wait', default: '2000' },
    'max-body': { type: 'string', description: 'MiB of a request body', default: '64' },
    'grace-ms': { type: 'string', description: 'Time for calls under way when the server ends', default: '20000' },
    store: {
      type: 'string',
      description:
        'Store of predictions: sqlite:path, lmdb:folder, postgres://… or redis://…; the SQLite file of the state folder when left out',
      valueHint: 'url',
    },
    config: {
      type: 'string',
      description: 'Configuration whose schedules run; slipway.config.{ts,mts,js,mjs,json} of the working folder when left out',
      valueHint: 'file',
    },
    'require-key': { type: 'boolean', description: 'Refuse calls without an API key (`slipway keys create`)', default: false },
    'server-name': { type: 'string', description: 'Name in the protocols’ server metadata', default: 'slipway' },
    'allow-domain': { type: 'string', description: 'Comma-separated operator domains to allow in models that are added' },
    'access-log': { type: 'boolean', description: 'A log line for each request: route, status, id and time', default: false },
    'log-level': { type: 'string', description: 'debug, info, warn, error or silent', default: 'info' },
    ...registryArgs,
  },
  run: async (args) => {
    // Heard from the first moment, so that a signal while models load ends the server in order as well.
    const signal = waitForSignal()
    const number = (name: string, bounds: readonly [number, number]): number => integerFlag(args, name, bounds) ?? Number.NaN
    const logger = await createLogger(choiceFlag(args, 'log-level', ['debug', 'info', 'warn', 'error', 'silent']) ?? 'info')
    const state = openStateDir(args.state)
    const allowDomains = (args['allow-domain'] ?? '').split(',').filter((domain) => domain !== '')
    const wanted = args.models === undefined ? [] : [args.models, ...args._.slice(1)]
    const { names, added } = await takeUp(state, wanted, {
      by: { actor: localActor(), reason: 'slipway serve' },
      allowDomains,
      promote: true,
    })
    const config = await loadConfig({ file: args.config })
    const store = args.store ?? config.store
    const server = await startServer({
      state,
      models: names,
      host: args.host,
      port: number('port', port),
      grpcPort: number('grpc-port', port),
      adminHost: args['admin-host'],
      adminPort: number('admin-port', port),
      isolation: choiceFlag(args, 'isolation', ['auto', 'inline', 'process']) ?? 'auto',
      workers: number('workers', [1, 256]),
      threads: number('threads', [1, 256]),
      memoryLimitMb: number('memory', [64, 1_048_576]),
      limits: { deadlineMs: number('deadline-ms', [1, 86_400_000]), queuedRequests: number('max-queue', [1, 1_000_000]) },
      requireKey: args['require-key'],
      serverName: args['server-name'],
      bodyBytes: number('max-body', [1, 4096]) * 1_048_576,
      graceMs: number('grace-ms', [0, 3_600_000]),
      ...(store === null ? {} : { store }),
      config,
      accessLog: args['access-log'],
      logger,
    })
    if (names !== null) await refuseUnserved(server, names)
    await printStarted(server, { json: args.json, added })
    await signal
    logger.info({}, 'the server drains')
    await server.close()
    logger.info({}, 'the server has ended')
    return 0
  },
})

/** What was named on the command line and cannot be served is an error at once, not a 404 later. */
async function refuseUnserved(server: RunningServer, names: readonly string[]): Promise<void> {
  const missing = names.filter((name) => !server.plane.names().includes(name))
  if (missing.length === 0) return
  const entries = (await server.plane.index()).filter((entry) => missing.includes(entry.name) && entry.reason !== '')
  await server.close()
  throw usageError(`cannot serve ${missing.join(', ')}: ${entries.map((entry) => entry.reason).join('; ')}`)
}
