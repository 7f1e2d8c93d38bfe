import { listStored } from '../control/stored-operations.js'
import { print, registryArgs, table } from './registry-args.js'
import { ageText, storeArgs } from './stored-args.js'
import { type AnyVerb, defineVerb } from './verb.js'

export const storedList: AnyVerb = defineVerb({
  name: 'stored list',
  description: 'List sets of stored predictions, newest first, and who flipped to them',
  example: 'slipway stored list\nslipway stored list fraud --json',
  args: {
    model: { type: 'positional', description: 'Model; all of them when left out', required: false },
    ...storeArgs,
    ...registryArgs,
  },
  run: async (args) => {
    const { sets, flips } = await listStored(args, args.model)
    const rows = sets.map(({ active, model, id, version, state, rows: count, ageMs }) => [
      active ? '*' : '',
      model,
      id,
      version,
      state,
      String(count),
      ageText(ageMs),
    ])
    const moves = flips.map(({ at, kind, set, by, reason }) =>
      `${new Date(at).toISOString()}  ${kind} -> ${set ?? 'none'}  ${by}  ${reason}`.trimEnd(),
    )
    const lines = rows.length === 0 ? ['No sets.'] : table([['', 'MODEL', 'SET', 'VERSION', 'STATE', 'ROWS', 'AGE'], ...rows])
    print(args.json, { sets, flips }, moves.length === 0 ? lines : [...lines, '', ...moves])
    return 0
  },
})
