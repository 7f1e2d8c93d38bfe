import { openKeys } from '../control/open-keys.js'
import { usageError } from './exit.js'
import { print, registryArgs } from './registry-args.js'
import { type AnyVerb, defineVerb } from './verb.js'

const scopes = ['predict', 'read', 'feedback', 'deploy', 'admin'] as const

export const keysCreate: AnyVerb = defineVerb({
  name: 'keys create',
  description: 'Make an API key; its token is shown once',
  example: 'slipway keys create shop --scopes predict,read --models "fraud*" --expires 2027-12-31',
  args: {
    name: { type: 'positional', description: 'What the key is for', required: true },
    scopes: { type: 'string', description: `Comma-separated, out of ${scopes.join(', ')}`, default: 'predict,read' },
    models: { type: 'string', description: 'Comma-separated globs of model names', default: '*' },
    expires: { type: 'string', description: 'Day or time (ISO 8601) from which the key no longer works' },
    ...registryArgs,
  },
  run: async (args) => {
    const expiresAt = args.expires === undefined ? undefined : parseTime(args.expires)
    const request = { name: args.name, scopes: parseScopes(args.scopes), models: words(args.models) }
    const { token, key } = await openKeys(args.state).create(expiresAt === undefined ? request : { ...request, expiresAt })
    print(args.json, { token, ...key }, [token, `  id ${key.id}; scopes ${key.scopes.join(', ')}; the token is not shown again`])
    return 0
  },
})

function words(text: string): string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
}

function parseScopes(text: string): (typeof scopes)[number][] {
  return words(text).map((word) => {
    const scope = scopes.find((known) => known === word)
    if (scope === undefined) throw usageError(`--scopes wants words out of ${scopes.join(', ')}, received ${word}`)
    return scope
  })
}

function parseTime(text: string): Date {
  const time = new Date(text)
  if (Number.isNaN(time.getTime())) throw usageError(`--expires wants a day or time in ISO 8601, received ${text}`)
  return time
}
