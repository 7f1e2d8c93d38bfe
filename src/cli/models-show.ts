import { withRegistry } from '../control/with-registry.js'
import { print, registryArgs, table } from './registry-args.js'
import { type AnyVerb, defineVerb } from './verb.js'

export const modelsShow: AnyVerb = defineVerb({
  name: 'models show',
  description: 'Show the versions, aliases and journal of a model',
  example: 'slipway models show fraud',
  args: { model: { type: 'positional', description: 'Model, or model@version for one manifest', required: true }, ...registryArgs },
  run: (args) =>
    withRegistry(args, async ({ registry }) => {
      if (args.model.includes('@')) {
        const resolved = await registry.resolve(args.model)
        print(true, resolved, [])
        return 0
      }
      const { name, versions, aliases, journal } = await registry.show(args.model)
      const versionRows = versions.map((entry) => {
        const pointing = Object.entries(aliases).filter(([, { target }]) => target.version === entry.version)
        return [`  ${entry.version}`, entry.digest, pointing.map(([alias]) => alias).join(', ')]
      })
      const journalRows = journal.map((entry) => [
        `  ${entry.seq}`,
        entry.at,
        entry.actor,
        `${entry.action} ${whatOf(entry)}`,
        entry.reason ?? '',
      ])
      const lines = [
        name,
        '',
        ...table([['  VERSION', 'DIGEST', 'ALIASES'], ...versionRows]),
        '',
        ...table([['  ENTRY', 'TIME', 'ACTOR', 'CHANGE', 'REASON'], ...journalRows]),
      ]
      print(args.json, { name, versions, aliases, journal }, lines)
      return 0
    }),
})

/** `version 3` and `champion -> 3`, as an entry changed them. */
function whatOf(entry: {
  readonly versions: object
  readonly aliases: Readonly<Record<string, { readonly target: { readonly version: number } } | null>>
}): string {
  const versions = Object.keys(entry.versions).map((version) => `version ${version}`)
  const aliases = Object.entries(entry.aliases).map(([alias, record]) => `${alias} -> ${record?.target.version ?? 'nothing'}`)
  return [...versions, ...aliases].join(', ')
}
