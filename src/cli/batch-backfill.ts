import { systemClock } from '../core/clock.js'
import { folderOf } from '../control/config/configured-batch.js'
import { loadConfig } from '../control/config/load-config.js'
import { createLogger } from '../control/create-logger.js'
import { localActor } from '../control/open-local-registry.js'
import { backfill, planOf } from '../control/schedule/backfill.js'
import { earlierRuns, requestRunner } from '../control/schedule/run-request.js'
import { openStateDir } from '../control/state-dir.js'
import { waitForSignal } from '../control/wait-for-signal.js'
import { worstExit } from './batch-schedule.js'
import { print, registryArgs, table } from './registry-args.js'
import { type AnyVerb, choiceFlag, defineVerb, integerFlag } from './verb.js'

export const batchBackfill: AnyVerb = defineVerb({
  name: 'batch backfill',
  description: 'Run a batch of the configuration for past times of its schedule',
  example: 'slipway batch backfill nightly --from 2026-01-01 --to 2026-01-31 --dry-run',
  args: {
    name: { type: 'positional', description: 'Batch of the configuration', required: true },
    from: { type: 'string', description: 'First day in the zone of the schedule, or time (ISO 8601)', required: true, valueHint: 'day' },
    to: { type: 'string', description: 'Last day or time, included', required: true, valueHint: 'day' },
    reprocess: {
      type: 'string',
      description: 'none: only times never run; failed: those that failed too; completed: all again',
      default: 'none',
    },
    'max-active': { type: 'string', description: 'Runs at a time', default: '1' },
    reverse: { type: 'boolean', description: 'Newest first', default: false },
    'dry-run': { type: 'boolean', description: 'Print what would run, and why the rest would not; run nothing', default: false },
    config: {
      type: 'string',
      description: 'Configuration; slipway.config.{ts,mts,js,mjs,json} in the working folder when left out',
      valueHint: 'file',
    },
    'log-level': { type: 'string', description: 'debug, info, warn, error, silent', default: 'warn' },
    ...registryArgs,
  },
  run: async (args) => {
    const reprocess = choiceFlag(args, 'reprocess', ['none', 'failed', 'completed']) ?? 'none'
    const maxActive = integerFlag(args, 'max-active', [1, 64]) ?? 1
    const level = choiceFlag(args, 'log-level', ['debug', 'info', 'warn', 'error', 'silent']) ?? 'warn'
    const config = await loadConfig({ file: args.config })
    const state = openStateDir(args.state)
    const { name, from, to, reverse } = args
    const plan = planOf({ config, name, from, to, reprocess, reverse, earlier: await earlierRuns(state, name), now: systemClock.now() })
    if (args['dry-run']) {
      const rows = plan.map((time) => [time.logicalTime, time.earlier ?? '', time.action, time.reason])
      print(args.json, { name, times: plan }, table([['TIME', 'EARLIER', 'ACTION', 'REASON'], ...rows]))
      return 0
    }
    const abort = new AbortController()
    void waitForSignal().then(() => abort.abort())
    const run = requestRunner({ state, cwd: folderOf(config), logger: await createLogger(level), by: localActor() })
    const line = (text: string): void => void (args.json ? process.stderr : process.stdout).write(`${text}\n`)
    const times = await backfill({
      config,
      name,
      plan,
      maxActive,
      run,
      signal: abort.signal,
      onStart: ({ logicalTime, reason }) => line(`${logicalTime}  starts (${reason})`),
      onEnd: ({ logicalTime, state: ended, report, error }) =>
        line(`${logicalTime}  ${ended}${error === null ? describe(report) : `: ${error.code}: ${error.message}`}`),
    })
    const completed = times.filter((time) => time.state === 'completed').length
    const skipped = plan.filter(({ action }) => action === 'skip')
    const summary = `${completed} of ${times.length} completed, ${skipped.length} left out${skipped.length === 0 ? '' : ' (--dry-run says why)'}`
    print(args.json, { name, times, skipped }, [summary])
    return worstExit(times.flatMap((time) => (time.state === 'completed' ? [] : [time.error?.code ?? 'CANCELLED'])))
  },
})

function describe(
  report: { readonly counts: { readonly written: number; readonly bad: number }; readonly elapsedMs: number } | null,
): string {
  return report === null ? '' : `: ${report.counts.written} rows, ${report.counts.bad} bad, ${(report.elapsedMs / 1000).toFixed(1)} s`
}
