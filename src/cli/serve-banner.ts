import type { AddedModel } from '../control/add-model.js'
import type { RunningServer } from '../control/serve.js'
import { table } from './registry-args.js'

/** Says what is served, what to open and what to paste: one JSON line for programs, a page for people. */
export async function printStarted(
  server: RunningServer,
  options: { readonly json: boolean; readonly added: readonly AddedModel[] },
): Promise<void> {
  const http = urlOf(server.http)
  const grpc = server.grpc === null ? null : `${shown(server.grpc.host)}:${server.grpc.port}`
  const admin = server.admin === null ? null : urlOf(server.admin)
  const models = server.plane.names().map((name) => server.plane.model(name).info)
  if (options.json) {
    const served = models.map(({ name, version, digest, isolation }) => ({ name, version, digest, isolation }))
    process.stdout.write(`${JSON.stringify({ http, grpc, admin, pid: process.pid, models: served })}\n`)
    return
  }
  const rows = models.map((model) => [`  ${model.name}`, `version ${model.version}`, model.isolation, model.description ?? ''])
  const failed = (await server.plane.index()).filter(
    (entry) => entry.state === 'UNAVAILABLE' && entry.reason !== '' && entry.reason !== 'unloaded',
  )
  const first = models.find((model) => model.name === 'fraud') ?? models[0]
  const lines = [
    'slipway serves',
    ...(rows.length === 0 && failed.length === 0 ? ['  nothing yet: slipway models add model.onnx'] : table(rows)),
    ...failed.map((entry) => `  ${entry.name}  version ${entry.version} cannot be served: ${entry.reason}`),
    '',
    `Open   ${http}/        playground`,
    `       ${http}/docs    routes of every protocol`,
    `       ${http}/metrics`,
    ...(grpc === null ? [] : [`gRPC   ${grpc}`]),
    ...(server.admin === null ? [] : [`Admin  ${admin}   token in ${server.admin.tokenPath}`]),
    ...(first === undefined ? [] : ['', 'Try', ...exampleCalls(http, first)]),
    '',
    'Ctrl+C ends it.',
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

function exampleCalls(http: string, { name, example }: { readonly name: string; readonly example: object | null }): string[] {
  const get = `  curl ${http}/v2/models/${name}`
  const row = example === null ? '' : JSON.stringify(example).replaceAll("'", String.raw`'\''`)
  return row === '' || row.length > 600 ? [get] : [`  curl ${http}/models/${name}/predict -d '${row}'`, get]
}

function urlOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return `http://${shown(host)}:${port}`
}

/** What a person on this machine would type. */
function shown(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}
