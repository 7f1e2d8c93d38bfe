import { readStored } from '../control/stored-operations.js'
import { registryArgs } from './registry-args.js'
import { storeArgs } from './stored-args.js'
import { type AnyVerb, defineVerb } from './verb.js'

export const storedGet: AnyVerb = defineVerb({
  name: 'stored get',
  description: 'Look keys up in the active set, whatever the policy of the model; one answer a line, as JSON',
  example: 'slipway stored get fraud customer-17\nslipway stored get fraud customer-17 customer-18',
  rest: true,
  args: {
    model: { type: 'positional', description: 'Model', required: true },
    key: { type: 'positional', description: 'Key (several may follow)', required: true },
    ...storeArgs,
    ...registryArgs,
  },
  run: async (args) => {
    const keys = args._.slice(1)
    const { set, ageMs, values } = await readStored(args, args.model, keys)
    const rest = `"ageMs":${ageMs},"set":${JSON.stringify(set.id)},"model":${JSON.stringify({ name: set.model, version: set.version, digest: set.digest })}`
    const lines = values.map((value, i) => {
      const members = value === null ? '"output":null,"source":"none","codes":["STORED_MISSING"]' : value.slice(1, -1)
      return `{"key":${JSON.stringify(keys[i])},${members},${rest}}`
    })
    process.stdout.write(args.json ? `{"answers":[${lines.join(',')}]}\n` : `${lines.join('\n')}\n`)
    return 0
  },
})
