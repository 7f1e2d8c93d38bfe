import { findRun } from '../control/batch/run-folder.js'
import { openStateDir } from '../control/state-dir.js'
import { batchArgs } from './batch-args.js'
import { executeBatch } from './batch-execute.js'
import { usageError } from './exit.js'
import { registryArgs } from './registry-args.js'
import { type AnyVerb, defineVerb } from './verb.js'

export const batchResume: AnyVerb = defineVerb({
  name: 'batch resume',
  description: 'Go on with a run that was stopped, as its own command would',
  example: 'slipway batch resume latest',
  args: {
    run: { type: 'positional', description: 'Run, the first letters of it, or latest', required: true },
    from: batchArgs.from,
    to: batchArgs.to,
    store: batchArgs.store,
    quiet: { type: 'boolean', description: 'No progress', default: false },
    ...registryArgs,
  },
  run: async (args) => {
    const { start } = await findRun(openStateDir(args.state), args.run)
    const { name, version } = start.identity.model
    // The version that the run began with, wherever its alias points by now; passwords of URLs were not kept.
    const places = {
      from: args.from ?? start.request.from,
      to: args.to ?? start.request.to,
      ...(args.store === undefined ? {} : { store: args.store }),
    }
    if (places.from === '-') throw usageError('the run read standard input: give its command and input again')
    return executeBatch(
      { ...start.request, ...places, model: `${name}@${version}`, restart: false },
      { state: args.state, json: args.json, quiet: args.quiet, cwd: start.cwd },
    )
  },
})
