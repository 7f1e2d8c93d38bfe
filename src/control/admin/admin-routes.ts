import type { Scope } from '../../access/scope.js'
import { SlipwayError } from '../../core/errors.js'
import type { Registry } from '../../registry/registry.js'
import type { DataPlane } from '../../serving/data-plane.js'

export interface AdminCall {
  /** Model of the path; '' where the path has none. */
  readonly model: string
  readonly body: Readonly<Record<string, unknown>>
  /** Who calls, for the journal. */
  readonly actor: string
}

export interface AdminRoute {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly scope: Scope
  handle(call: AdminCall): Promise<unknown>
}

/** Every call of the admin API. */
export function adminRoutes(options: {
  readonly registry: Registry
  readonly plane: DataPlane
  readonly version: string
}): readonly AdminRoute[] {
  const { registry, plane } = options
  return [
    {
      method: 'GET',
      path: '/admin',
      scope: 'read',
      handle: async () => ({ service: 'slipway', version: options.version, pid: process.pid, uptimeSeconds: process.uptime() }),
    },
    {
      method: 'GET',
      path: '/admin/models',
      scope: 'read',
      handle: async () => ({ models: await listed(registry), served: await plane.index() }),
    },
    { method: 'GET', path: '/admin/models/:model', scope: 'read', handle: ({ model }) => registry.show(model) },
    {
      method: 'POST',
      path: '/admin/models/:model/promote',
      scope: 'deploy',
      handle: ({ model, body, actor }) => registry.promote(model, versionOf(body), textOf(body, 'alias', 'champion'), moveOf(body, actor)),
    },
    {
      method: 'POST',
      path: '/admin/models/:model/rollback',
      scope: 'deploy',
      handle: ({ model, body, actor }) => registry.rollback(model, textOf(body, 'alias', 'champion'), moveOf(body, actor)),
    },
    {
      method: 'POST',
      path: '/admin/models/:model/load',
      scope: 'deploy',
      handle: async ({ model }) => (await plane.load(model), { model, load: true }),
    },
    {
      method: 'POST',
      path: '/admin/models/:model/unload',
      scope: 'deploy',
      handle: async ({ model }) => (await plane.unload(model), { model, unload: true }),
    },
  ]
}

async function listed(registry: Registry): Promise<readonly object[]> {
  const models = await registry.list()
  return models.map((model) => ({ ...model, problem: model.problem?.message ?? null }))
}

function versionOf(body: AdminCall['body']): string | number {
  const { version } = body
  if ((typeof version === 'number' && Number.isInteger(version)) || (typeof version === 'string' && version !== '')) return version
  throw new SlipwayError(
    'INVALID_REQUEST',
    `version: expected a number, a digest or an alias, received ${JSON.stringify(version) ?? 'nothing'}`,
  )
}

function textOf(body: AdminCall['body'], name: string, otherwise: string): string {
  const value = body[name]
  if (value === undefined || value === null) return otherwise
  if (typeof value === 'string') return value
  throw new SlipwayError('INVALID_REQUEST', `${name}: expected a text, received ${JSON.stringify(value)}`)
}

function moveOf(
  body: AdminCall['body'],
  actor: string,
): { readonly actor: string; readonly reason: string | null; readonly expect?: string } {
  const reason = textOf(body, 'reason', '')
  const note = { actor, reason: reason === '' ? null : reason }
  const expect = textOf(body, 'expect', '')
  return expect === '' ? note : { ...note, expect }
}
