import { localActor } from '../control/open-local-registry.js'
import { rollBackStored } from '../control/stored-operations.js'
import { print, registryArgs } from './registry-args.js'
import { pointerArgs, storeArgs } from './stored-args.js'
import { type AnyVerb, defineVerb } from './verb.js'

export const storedRollback: AnyVerb = defineVerb({
  name: 'stored rollback',
  description: 'Have readers see the set before; again for the one before that',
  example: 'slipway stored rollback fraud --reason "scores of last night are off"',
  args: {
    model: { type: 'positional', description: 'Model', required: true },
    ...pointerArgs,
    ...storeArgs,
    ...registryArgs,
  },
  run: async (args) => {
    const flip = await rollBackStored(args, { model: args.model, by: args.actor ?? localActor(), reason: args.reason ?? '' })
    print(args.json, flip, [`${args.model} -> ${flip.set}, before: ${flip.previous ?? 'none'}`])
    return 0
  },
})
