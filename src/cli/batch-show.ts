import { findRun, runFolder } from '../control/batch/run-folder.js'
import { openStateDir } from '../control/state-dir.js'
import { SlipwayError } from '../core/errors.js'
import { reportLines } from '../targets/batch/report/report-lines.js'
import { print, registryArgs } from './registry-args.js'
import { type AnyVerb, defineVerb } from './verb.js'
import { join } from 'node:path'

export const batchShow: AnyVerb = defineVerb({
  name: 'batch show',
  description: 'Show the report of a run',
  example: 'slipway batch show latest',
  args: { run: { type: 'positional', description: 'Run, the first letters of it, or latest', required: true }, ...registryArgs },
  run: async (args) => {
    const state = openStateDir(args.state)
    const { start, report } = await findRun(state, args.run)
    if (report === null)
      throw new SlipwayError(
        'RUN_UNKNOWN',
        `run ${start.run} has no report yet: it is under way, or its process was killed; the same command goes on with it`,
      )
    const page = join(runFolder(state, start.run), 'report.html')
    print(args.json, { ...report, page }, [...reportLines(report), `page       ${page}`])
    return 0
  },
})
