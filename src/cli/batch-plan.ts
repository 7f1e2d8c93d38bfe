import { planBatch } from '../control/batch/plan-batch.js'
import { configuredBatch, withConfiguredStore } from '../control/config/configured-batch.js'
import { openStateDir } from '../control/state-dir.js'
import { batchArgs, requestOf } from './batch-args.js'
import { print, registryArgs, table } from './registry-args.js'
import { type AnyVerb, defineVerb } from './verb.js'

export const batchPlan: AnyVerb = defineVerb({
  name: 'batch plan',
  description: 'Show what a run would read and write, without scoring a row',
  example: 'slipway batch plan --model fraud --from in.parquet --to out.parquet',
  args: {
    name: { type: 'positional', description: 'Batch of the configuration', required: false },
    ...batchArgs,
    config: { type: 'string', description: 'Configuration; slipway.config.ts of the working folder when left out', valueHint: 'file' },
    ...registryArgs,
  },
  run: async (args) => {
    const { request, cwd } =
      args.name === undefined
        ? { request: await withConfiguredStore(requestOf(args), args.config), cwd: process.cwd() }
        : await configuredBatch(args.name, { config: args.config, logicalTime: args['logical-time'] })
    const plan = await planBatch(openStateDir(args.state), request, cwd)
    print(args.json, plan, [
      `model       ${plan.model.name}@${plan.model.version}  ${plan.model.digest}`,
      `fingerprint ${plan.fingerprint}`,
      `state       ${plan.state}`,
      `files       ${plan.files.length}, ${plan.bytes} bytes, ${plan.partitions} partitions`,
      ...table([
        ['INPUT', 'TYPE', 'COLUMN', 'NEEDED'],
        ...plan.inputs.map(({ input, kind, column, needed }) => [input, kind, column ?? '-', needed]),
      ]),
      ...(plan.unused.length === 0 ? [] : [`not read    ${plan.unused.join(', ')}`]),
      ...table([['WRITTEN', 'TYPE'], ...plan.output.map(({ name, type }) => [name, type])]),
      `to          ${plan.to}`,
    ])
    return 0
  },
})
