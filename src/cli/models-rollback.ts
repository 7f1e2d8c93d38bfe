import { withRegistry } from '../control/with-registry.js'
import { journalArgs, journalNote, print, registryArgs } from './registry-args.js'
import { type AnyVerb, defineVerb } from './verb.js'

export const modelsRollback: AnyVerb = defineVerb({
  name: 'models rollback',
  description: 'Point an alias at where it stood before',
  example: 'slipway models rollback fraud --reason "error rate"',
  args: {
    model: { type: 'positional', description: 'Model', required: true },
    alias: { type: 'positional', description: 'Alias to move back', default: 'champion', required: false },
    ...journalArgs,
    ...registryArgs,
  },
  run: (args) =>
    withRegistry(args, async ({ registry }) => {
      const record = await registry.rollback(args.model, args.alias, journalNote(args))
      print(args.json, { model: args.model, alias: args.alias, ...record }, [
        `${args.model}@${args.alias} -> version ${record.target.version}`,
      ])
      return 0
    }),
})
