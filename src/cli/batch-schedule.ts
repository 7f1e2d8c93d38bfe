import { folderOf } from '../control/config/configured-batch.js'
import { loadConfig } from '../control/config/load-config.js'
import { createLogger } from '../control/create-logger.js'
import { localActor } from '../control/open-local-registry.js'
import { requestRunner } from '../control/schedule/run-request.js'
import { keptStatus, type ScheduleStatus } from '../control/schedule/schedule-status.js'
import { type RunningSchedules, scheduledNames, startSchedules } from '../control/schedule/start-schedules.js'
import { openStateDir } from '../control/state-dir.js'
import { waitForSignal } from '../control/wait-for-signal.js'
import { errorTable } from '../core/errors.js'
import { systemClock } from '../core/clock.js'
import { usageError } from './exit.js'
import { print, registryArgs, table } from './registry-args.js'
import { type AnyVerb, choiceFlag, defineVerb } from './verb.js'

export const batchSchedule: AnyVerb = defineVerb({
  name: 'batch schedule',
  description: 'Run the batches of the configuration by their schedules',
  example: 'slipway batch schedule\nslipway batch schedule nightly --config slipway.config.ts\nslipway batch schedule --list',
  rest: true,
  args: {
    names: { type: 'positional', description: 'Batches (several may follow); all that have a schedule when left out', required: false },
    config: {
      type: 'string',
      description: 'Configuration; slipway.config.{ts,mts,js,mjs,json} in the working folder when left out',
      valueHint: 'file',
    },
    list: { type: 'boolean', description: 'Print the schedules with their next and last times, and run nothing', default: false },
    once: { type: 'boolean', description: 'Run what is due, and end', default: false },
    'log-level': { type: 'string', description: 'debug, info, warn, error, silent', default: 'info' },
    ...registryArgs,
  },
  run: async (args) => {
    if (args.list && args.once) throw usageError('--list and --once exclude each other')
    const level = choiceFlag(args, 'log-level', ['debug', 'info', 'warn', 'error', 'silent']) ?? 'info'
    const config = await loadConfig({ file: args.config })
    if (config.file === null) throw usageError('there is no configuration here: write slipway.config.ts, or name one with --config')
    const names = scheduledNames(config, args._)
    const state = openStateDir(args.state)
    if (args.list) {
      printStatus(args.json, await keptStatus(config, names, state.root, systemClock.now()))
      return 0
    }
    if (names.length === 0) throw usageError('no batch of the configuration has a schedule')
    const logger = await createLogger(level)
    const run = requestRunner({ state, cwd: folderOf(config), logger, by: localActor() })
    const signal = waitForSignal()
    const schedules = await startSchedules({ config, names, stateRoot: state.root, run, whenHeld: 'refuse', logger })
    return args.once ? runOnce(schedules, signal, args.json) : runOn(schedules, signal, args.json)
  },
})

/** Until a signal comes; what runs then is interrupted, and goes on next time. */
async function runOn(schedules: RunningSchedules, signal: Promise<unknown>, json: boolean): Promise<number> {
  printStatus(json, schedules.status())
  await signal
  await schedules.close()
  return 0
}

async function runOnce(schedules: RunningSchedules, signal: Promise<unknown>, json: boolean): Promise<number> {
  const failedBefore = failures(schedules.status())
  await Promise.race([schedules.idle(), signal])
  const status = schedules.status()
  await schedules.close()
  printStatus(json, status)
  const failed = status.filter(({ name, counts }) => (counts?.failed ?? 0) > (failedBefore.get(name) ?? 0))
  const codes = failed.map(({ lastFailed }) => lastFailed?.code ?? 'INTERNAL')
  return worstExit(codes)
}

function failures(status: readonly ScheduleStatus[]): ReadonlyMap<string, number> {
  return new Map(status.map(({ name, counts }) => [name, counts?.failed ?? 0]))
}

/** From what is worst: a defect, then conflicts, what was busy, and so on. */
const severity = [1, 7, 6, 5, 4, 3, 2]

/** The exit code of the worst of these error codes; 0 without any. */
export function worstExit(codes: readonly string[]): number {
  const exits = codes.map((code) => (Object.hasOwn(errorTable, code) ? errorTable[code as keyof typeof errorTable].exit : 1))
  return severity.find((exit) => exits.some((candidate) => candidate === exit)) ?? 0
}

function printStatus(json: boolean, schedules: readonly ScheduleStatus[]): void {
  const rows = schedules.map((status) => [
    status.name,
    status.cron,
    status.timeZone,
    status.next ?? 'none',
    status.running ?? '',
    status.lastCompleted ?? '',
    status.lastFailed?.logicalTime ?? '',
  ])
  const head = ['BATCH', 'CRON', 'ZONE', 'NEXT', 'RUNNING', 'COMPLETED', 'FAILED']
  print(json, { schedules }, rows.length === 0 ? ['No batch of the configuration has a schedule.'] : table([head, ...rows]))
}
