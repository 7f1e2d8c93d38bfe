import { openKeys } from '../control/open-keys.js'
import { print, registryArgs } from './registry-args.js'
import { type AnyVerb, defineVerb } from './verb.js'

export const keysRevoke: AnyVerb = defineVerb({
  name: 'keys revoke',
  description: 'Stop an API key; servers follow within a second',
  example: 'slipway keys revoke 7f3a9c21',
  args: { id: { type: 'positional', description: 'Id of the key, from `slipway keys list`', required: true }, ...registryArgs },
  run: async (args) => {
    await openKeys(args.state).revoke(args.id)
    print(args.json, { revoked: args.id }, [`${args.id} revoked`])
    return 0
  },
})
