import { withRegistry } from '../control/with-registry.js'
import { print, registryArgs, table } from './registry-args.js'
import { type AnyVerb, defineVerb } from './verb.js'

export const modelsList: AnyVerb = defineVerb({
  name: 'models list',
  description: 'List the models of the registry',
  example: 'slipway models list',
  args: registryArgs,
  run: (args) =>
    withRegistry(args, async ({ registry }) => {
      const models = await registry.list()
      const rows = models.map((model) => [
        model.name,
        String(model.versions.length),
        Object.entries(model.aliases)
          .map(([alias, version]) => `${alias} -> ${version}`)
          .join(', '),
        model.problem?.message ?? model.changedAt ?? '',
      ])
      const empty = ['The registry is empty. Add a model: slipway models add model.onnx']
      const document = models.map((model) => ({ ...model, problem: model.problem?.message ?? null }))
      print(args.json, { models: document }, rows.length === 0 ? empty : table([['MODEL', 'VERSIONS', 'ALIASES', 'CHANGED'], ...rows]))
      return models.some((model) => model.problem !== null) ? 7 : 0
    }),
})
