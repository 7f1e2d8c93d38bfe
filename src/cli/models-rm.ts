import { toSlipwayError } from '../core/errors.js'
import { withRegistry } from '../control/with-registry.js'
import { journalArgs, journalNote, print, registryArgs, splitReference } from './registry-args.js'
import { type AnyVerb, defineVerb } from './verb.js'

export const modelsRm: AnyVerb = defineVerb({
  name: 'models rm',
  description: 'Remove a version that no alias points at, or (model:alias) an alias; its space is freed a day later, by the next removal',
  example: 'slipway models rm fraud@1\nslipway models rm fraud:challenger',
  args: { target: { type: 'positional', description: 'model@version, or model:alias', required: true }, ...journalArgs, ...registryArgs },
  run: (args) =>
    withRegistry(args, async ({ registry }) => {
      const [model, alias] = args.target.split(':')
      if (alias !== undefined && model !== undefined && !args.target.includes('@')) {
        await registry.unalias(model, alias, journalNote(args))
        print(args.json, { removed: args.target }, [`${args.target} removed`])
        return 0
      }
      const { name, selector } = splitReference(args.target, 'model@version, for example fraud@1')
      await registry.remove(name, /^\d+$/.test(selector) ? Number(selector) : selector, journalNote(args))
      const freed = await collect(registry)
      print(args.json, { removed: args.target, freed }, [`${args.target} removed`])
      return 0
    }),
})

/** A removal has succeeded whatever becomes of the collection: one that cannot be made now is made by the next. */
async function collect(registry: { gc(): Promise<object> }): Promise<object> {
  try {
    return await registry.gc()
  } catch (error) {
    return { problem: toSlipwayError(error).message }
  }
}
