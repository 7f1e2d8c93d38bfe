import { withRegistry } from '../control/with-registry.js'
import { journalArgs, journalNote, print, registryArgs, splitReference } from './registry-args.js'
import { type AnyVerb, defineVerb } from './verb.js'

export const modelsPromote: AnyVerb = defineVerb({
  name: 'models promote',
  description: 'Point an alias at a version; servers follow within a second',
  example: 'slipway models promote fraud@2 champion --reason "better recall"',
  args: {
    version: { type: 'positional', description: 'model@version: a number, a digest or another alias', required: true },
    alias: { type: 'positional', description: 'Alias to move', default: 'champion', required: false },
    expect: { type: 'string', description: 'Refuse (ALIAS_CONFLICT) unless the alias still has this etag', valueHint: 'etag' },
    ...journalArgs,
    ...registryArgs,
  },
  run: (args) =>
    withRegistry(args, async ({ registry }) => {
      const { name, selector } = splitReference(args.version, 'model@version, for example fraud@2')
      const version = /^\d+$/.test(selector) ? Number(selector) : selector
      const move = { ...journalNote(args), ...(args.expect === undefined ? {} : { expect: args.expect }) }
      const record = await registry.promote(name, version, args.alias, move)
      print(args.json, { model: name, alias: args.alias, ...record }, [`${name}@${args.alias} -> version ${record.target.version}`])
      return 0
    }),
})
