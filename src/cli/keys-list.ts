import { openKeys } from '../control/open-keys.js'
import { print, registryArgs, table } from './registry-args.js'
import { type AnyVerb, defineVerb } from './verb.js'

export const keysList: AnyVerb = defineVerb({
  name: 'keys list',
  description: 'List the API keys, without their tokens',
  example: 'slipway keys list',
  args: registryArgs,
  run: async (args) => {
    const keys = openKeys(args.state).list()
    const rows = keys.map((key) => [
      key.id,
      key.name,
      key.scopes.join(','),
      key.models.join(','),
      key.revokedAt === null ? (key.expiresAt ?? 'never') : 'revoked',
    ])
    print(args.json, { keys }, rows.length === 0 ? ['There are no keys.'] : table([['ID', 'NAME', 'SCOPES', 'MODELS', 'EXPIRES'], ...rows]))
    return 0
  },
})
