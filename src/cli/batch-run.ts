import { setPriority } from 'node:os'
import { configuredBatch, withConfiguredStore } from '../control/config/configured-batch.js'
import { batchArgs, givenFlags, requestOf } from './batch-args.js'
import { executeBatch } from './batch-execute.js'
import { usageError } from './exit.js'
import { registryArgs } from './registry-args.js'
import { type AnyVerb, defineVerb, integerFlag } from './verb.js'

export const batchRun: AnyVerb = defineVerb({
  name: 'batch run',
  description: 'Score a table; the same command again goes on where it was stopped',
  example:
    'slipway batch run --model fraud --from in.parquet --to out.parquet --key id\nslipway batch run nightly\nslipway batch run --model fraud --from sqlite:shop.db --query "select * from payments" --to stored --key payment_id',
  args: {
    name: { type: 'positional', description: 'Batch of the configuration', required: false },
    ...batchArgs,
    config: { type: 'string', description: 'Configuration; slipway.config.ts of the working folder when left out', valueHint: 'file' },
    nice: { type: 'string', description: 'Stand back behind other processes: 0 to 19', valueHint: 'n' },
    quiet: { type: 'boolean', description: 'No progress', default: false },
    ...registryArgs,
  },
  run: async (args) => {
    const nice = integerFlag(args, 'nice', [0, 19])
    if (nice !== undefined) setPriority(nice)
    const options = { state: args.state, json: args.json, quiet: args.quiet }
    if (args.name === undefined) return executeBatch(await withConfiguredStore(requestOf(args), args.config), options)
    const given = givenFlags(args).filter((flag) => flag !== 'logical-time')
    if (given.length > 0) throw usageError(`the batch ${args.name} is configured: --${given[0]} belongs there`)
    const { request, cwd } = await configuredBatch(args.name, { config: args.config, logicalTime: args['logical-time'] })
    const flags = { ...(args.restart ? { restart: true } : {}), ...(args.overwrite ? { overwrite: true } : {}) }
    return executeBatch({ ...request, ...flags }, { ...options, cwd })
  },
})
