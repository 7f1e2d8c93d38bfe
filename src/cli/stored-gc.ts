import { collectStored } from '../control/stored-operations.js'
import { print, registryArgs } from './registry-args.js'
import { storeArgs } from './stored-args.js'
import { type AnyVerb, defineVerb, integerFlag } from './verb.js'

export const storedGc: AnyVerb = defineVerb({
  name: 'stored gc',
  description: 'Remove old sets; never the active one or the one before it',
  example: 'slipway stored gc fraud --keep 3',
  args: {
    model: { type: 'positional', description: 'Model', required: true },
    keep: { type: 'string', description: 'Newest sets to keep', default: '3', valueHint: 'n' },
    ...storeArgs,
    ...registryArgs,
  },
  run: async (args) => {
    const { dropped, kept } = await collectStored(args, args.model, integerFlag(args, 'keep', [0, 10_000])!)
    print(args.json, { model: args.model, dropped, kept }, [`${dropped.length} sets removed, ${kept.length} kept`])
    return 0
  },
})
