import { listRuns } from '../control/batch/run-folder.js'
import { openStateDir } from '../control/state-dir.js'
import { print, registryArgs, table } from './registry-args.js'
import { type AnyVerb, defineVerb, integerFlag } from './verb.js'

export const batchList: AnyVerb = defineVerb({
  name: 'batch list',
  description: 'List batch runs, newest first',
  example: 'slipway batch list --limit 5',
  args: { limit: { type: 'string', description: 'Runs to show; 20 when left out', valueHint: 'n' }, ...registryArgs },
  run: async (args) => {
    const limit = integerFlag(args, 'limit', [1, 1_000_000]) ?? 20
    const reports = (await listRuns(openStateDir(args.state))).slice(0, limit)
    const rows = reports.map((report) => [
      report.run,
      report.name ?? '',
      report.state,
      `${report.model.name}@${report.model.version}`,
      String(report.counts.written),
      String(report.counts.bad),
      String(report.counts.fallback),
      report.startedAt,
      report.to,
    ])
    const lines = table([['RUN', 'NAME', 'STATE', 'MODEL', 'WRITTEN', 'BAD', 'FALLBACK', 'STARTED', 'TO'], ...rows])
    const document = { runs: reports.map((report) => ({ ...report, profile: undefined, reference: undefined })) }
    print(args.json, document, rows.length === 0 ? ['There are no runs yet. Start one: slipway batch run --help'] : lines)
    return 0
  },
})
