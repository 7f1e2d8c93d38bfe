import { readFile, rm, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DrivenTime } from '../../../test/support/driven-time.js'
import type { ScheduleEntry } from '../../core/config.js'
import type { Logger } from '../../core/ports.js'
import type { BatchRequest } from '../../targets/batch/batch-request.js'
import { loadConfig, type LoadedConfig } from '../config/load-config.js'
import { type RunningSchedules, startSchedules } from './start-schedules.js'

let folder: string
let time: DrivenTime
let schedules: RunningSchedules | null
/** Logical times in the order in which they were started, `…Z` cut off. */
let runs: string[]
let requests: BatchRequest[]
let logged: { level: string; fields: object; message: string }[]
/** What the runs to come do; completes when left out. */
let behave: (logicalTime: string, signal: AbortSignal) => Promise<{ state: 'completed' | 'failed' | 'interrupted' }>

const completes = async (): Promise<{ state: 'completed' }> => ({ state: 'completed' })
/** Runs until it is told to end. */
const holds = (_: string, signal: AbortSignal): Promise<{ state: 'interrupted' }> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve({ state: 'interrupted' })))

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-schedule-'))
  runs = []
  requests = []
  logged = []
  schedules = null
  behave = completes
})
afterEach(async () => {
  await schedules?.close()
  await rm(folder, { recursive: true, force: true })
})

const log = (level: string) => (fields: object, message: string) => void logged.push({ level, fields, message })
const logger: Logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') }

async function configOf(schedule: ScheduleEntry): Promise<LoadedConfig> {
  const nightly = { model: 'fraud', from: 'in/{date}.csv', to: 'out/{date-1d}.parquet', schedule }
  const file = join(folder, 'slipway.config.json')
  await writeFile(file, JSON.stringify({ batch: { nightly } }))
  return loadConfig({ file })
}

/** Starts the schedule at a moment, as a new process would. */
async function start(schedule: ScheduleEntry, at?: string): Promise<RunningSchedules> {
  if (at !== undefined) time = new DrivenTime(at)
  const config = await configOf(schedule)
  schedules = await startSchedules({
    config,
    stateRoot: join(folder, 'state'),
    whenHeld: 'refuse',
    logger,
    clock: time,
    timers: time,
    run: async (request, { signal, logicalTime }) => {
      runs.push(logicalTime.slice(0, 16))
      requests.push(request)
      return { error: null, ...(await behave(logicalTime, signal)) }
    },
  })
  await schedules.settled()
  return schedules
}

const advance = (to: string): Promise<void> => time.advance(to, () => schedules!.settled())
const counts = (): object => ({ ...schedules!.status()[0]!.counts })
const kept = async (): Promise<Record<string, unknown>> =>
  JSON.parse(await readFile(join(folder, 'state/schedules/nightly.json'), 'utf8')) as Record<string, unknown>
const daily = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' }

describe('a schedule', () => {
  it('runs every day once, over both changes of the clocks', async () => {
    await start(daily, '2026-03-01T00:00:00Z')
    await advance('2026-04-30T12:00:00Z')
    await schedules!.close()
    await start({ ...daily, catchUp: 'none' }, '2026-10-10T12:00:00Z')
    await advance('2026-11-10T12:00:00Z')
    expect(runs).toHaveLength(61 + 31)
    expect(new Set(runs.map((run) => run.slice(0, 10))).size).toBe(61 + 31)
    expect(runs.filter((run) => run.startsWith('2026-03-29') || run.startsWith('2026-10-25'))).toEqual([
      '2026-03-29T01:00',
      '2026-10-25T00:30',
    ])
    expect(counts()).toMatchObject({ started: 61 + 31, completed: 61 + 31, failed: 0 })
  }, 60_000)

  it('hands over the request of the logical time in its zone', async () => {
    await start({ ...daily, cron: '30 0 * * *' }, '2026-03-01T12:00:00Z')
    await advance('2026-03-02T12:00:00Z')
    expect(requests).toEqual([
      {
        name: 'nightly',
        model: 'fraud',
        from: join(folder, 'in/2026-03-02.csv'),
        to: join(folder, 'out/2026-03-01.parquet'),
        logicalTime: '2026-03-01T23:30:00.000Z',
      },
    ])
  })

  it('says where it stands', async () => {
    await start({ ...daily, jitterMs: 600_000 }, '2026-03-01T12:00:00Z')
    const [status] = schedules!.status()
    expect(status).toMatchObject({ name: 'nightly', next: '2026-03-02T01:30:00.000Z', running: null, lastCompleted: null })
    const jitter = Date.parse(status!.nextStart!) - Date.parse(status!.next!)
    expect(jitter).toBeGreaterThan(0)
    expect(jitter).toBeLessThanOrEqual(600_000)
    await advance(new Date(Date.parse(status!.nextStart!) - 1).toISOString())
    expect(runs).toEqual([])
    await advance(status!.nextStart!)
    expect(runs).toEqual(['2026-03-02T01:30'])
    expect(schedules!.status()[0]).toMatchObject({ next: '2026-03-03T01:30:00.000Z', lastCompleted: '2026-03-02T01:30:00.000Z' })
  })

  it('begins at startAt and ends with endAt', async () => {
    const bounds = { startAt: '2026-03-03T01:30:00Z', endAt: '2026-03-05T01:30:00Z' }
    await start({ ...daily, ...bounds }, '2026-03-01T12:00:00Z')
    await advance('2026-03-20T00:00:00Z')
    expect(runs).toEqual(['2026-03-03T01:30', '2026-03-04T01:30', '2026-03-05T01:30'])
    expect(schedules!.status()[0]!.next).toBeNull()
  })

  it('goes on after a run that failed, and says so', async () => {
    behave = async (logicalTime) => {
      if (logicalTime.startsWith('2026-03-02')) throw new Error('no such table')
      return { state: logicalTime.startsWith('2026-03-03') ? 'failed' : 'completed' }
    }
    await start(daily, '2026-03-01T12:00:00Z')
    await advance('2026-03-04T12:00:00Z')
    expect(runs).toHaveLength(3)
    expect(counts()).toMatchObject({ completed: 1, failed: 2 })
    expect(await kept()).toMatchObject({
      lastFailed: { logicalTime: '2026-03-03T01:30:00.000Z' },
      lastCompleted: '2026-03-04T01:30:00.000Z',
    })
    expect(logged.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
      expect.stringContaining('nightly: the run for 2026-03-02T01:30:00.000Z failed'),
      expect.stringContaining('nightly: the run for 2026-03-03T01:30:00.000Z failed: the run is failed'),
    ])
  })

  it('ends a run that takes longer than maxRunMs', async () => {
    behave = holds
    await start({ ...daily, maxRunMs: 3_600_000 }, '2026-03-01T12:00:00Z')
    await advance('2026-03-02T02:29:59Z')
    expect(counts()).toMatchObject({ started: 1, failed: 0 })
    await advance('2026-03-02T02:31:00Z')
    expect(schedules!.status()[0]!.lastFailed).toMatchObject({ code: 'DEADLINE', message: 'it took longer than maxRunMs (3600000)' })
  })

  it('is not moved by a clock that is set back', async () => {
    await start(daily, '2026-03-01T12:00:00Z')
    await advance('2026-03-02T12:00:00Z')
    time.jump('2026-03-02T01:00:00Z')
    await advance('2026-03-03T12:00:00Z')
    expect(runs).toEqual(['2026-03-02T01:30', '2026-03-03T01:30'])
  })
})

describe('logical times that passed while nothing watched', () => {
  /** Runs on 2 March, stops, and starts again on 6 March at noon. */
  async function sleepFourDays(catchUp: 'none' | 'last' | 'all'): Promise<void> {
    await start({ ...daily, catchUp }, '2026-03-01T12:00:00Z')
    await advance('2026-03-02T12:00:00Z')
    await schedules!.close()
    await start({ ...daily, catchUp }, '2026-03-06T12:00:00Z')
    await schedules!.idle()
    await advance('2026-03-07T12:00:00Z')
  }

  it('are left with catch-up none', async () => {
    await sleepFourDays('none')
    expect(runs).toEqual(['2026-03-02T01:30', '2026-03-07T01:30'])
    expect(counts()).toMatchObject({ skipped: 4, completed: 2 })
  })

  it('are represented by the newest with catch-up last', async () => {
    await sleepFourDays('last')
    expect(runs).toEqual(['2026-03-02T01:30', '2026-03-06T01:30', '2026-03-07T01:30'])
    expect(counts()).toMatchObject({ skipped: 3, completed: 3 })
  })

  it('are run one after another with catch-up all', async () => {
    await sleepFourDays('all')
    expect(runs.map((run) => run.slice(8, 10))).toEqual(['02', '03', '04', '05', '06', '07'])
    expect(counts()).toMatchObject({ skipped: 0, completed: 6 })
  })

  it('begin with startAt when the schedule is new, by the policy', async () => {
    for (const [catchUp, days] of [
      ['none', 0],
      ['last', 1],
      ['all', 4],
    ] as const) {
      runs = []
      await start({ ...daily, catchUp, startAt: '2026-03-03T00:00:00Z' }, '2026-03-06T12:00:00Z')
      await schedules!.idle()
      expect({ catchUp, days: runs.length }).toEqual({ catchUp, days })
      await schedules!.close()
      await rm(join(folder, 'state'), { recursive: true })
    }
  })

  it('have a newest one also when the schedule has ended since', async () => {
    await start({ ...daily, startAt: '2026-03-03T00:00:00Z', endAt: '2026-03-05T00:00:00Z' }, '2026-03-20T12:00:00Z')
    await schedules!.idle()
    expect(runs).toEqual(['2026-03-04T01:30'])
  })

  it('are not late within two minutes: a restart at the wrong moment loses no run', async () => {
    await start({ ...daily, catchUp: 'none' }, '2026-03-01T12:00:00Z')
    await schedules!.close()
    await start({ ...daily, catchUp: 'none' }, '2026-03-02T01:31:30Z')
    await schedules!.idle()
    expect(runs).toEqual(['2026-03-02T01:30'])
  })

  it('are found too when the machine slept and the process did not end', async () => {
    await start({ ...daily, catchUp: 'all' }, '2026-03-01T12:00:00Z')
    time.jump('2026-03-04T12:00:00Z')
    await advance('2026-03-04T12:02:00Z')
    await schedules!.idle()
    expect(runs).toEqual(['2026-03-02T01:30', '2026-03-03T01:30', '2026-03-04T01:30'])
  })

  it('are the newest thousand at most', async () => {
    await start({ cron: '* * * * *', catchUp: 'all' }, '2026-03-01T12:00:00Z')
    await schedules!.close()
    behave = holds
    await start({ cron: '* * * * *', catchUp: 'all' }, '2026-03-03T12:00:30Z')
    expect(runs).toEqual(['2026-03-02T19:21'])
    expect(schedules!.status()[0]!.waiting).toHaveLength(999)
    expect(logged.map(({ message }) => message)).toContain('more than 1000 logical times have passed; the older ones are left out')
  })

  it('do not count from before the schedule was changed', async () => {
    await start({ ...daily, catchUp: 'all' }, '2026-03-01T12:00:00Z')
    await schedules!.close()
    await start({ cron: '0 * * * *', catchUp: 'all' }, '2026-03-06T12:30:00Z')
    await advance('2026-03-06T13:30:00Z')
    expect(runs).toEqual(['2026-03-06T13:00'])
  })
})

describe('a logical time that falls due while another one runs', () => {
  const hourly = { cron: '0 * * * *' }

  it('is skipped and counted with overlap forbid', async () => {
    behave = holds
    await start({ ...hourly, overlap: 'forbid', maxRunMs: 9_000_000 }, '2026-03-01T00:30:00Z')
    await advance('2026-03-01T04:30:00Z')
    expect(runs).toEqual(['2026-03-01T01:00', '2026-03-01T04:00'])
    expect(counts()).toMatchObject({ skipped: 2, failed: 1 })
    expect(logged).toContainEqual(
      expect.objectContaining({ message: 'a logical time is skipped', fields: expect.objectContaining({ reason: 'overlap' }) as object }),
    )
  })

  it('waits with overlap queue, one at a time unless told', async () => {
    behave = holds
    await start({ ...hourly, overlap: 'queue', maxRunMs: 12_600_000 }, '2026-03-01T00:30:00Z')
    await advance('2026-03-01T04:15:00Z')
    expect(schedules!.status()[0]).toMatchObject({ running: '2026-03-01T01:00:00.000Z', waiting: ['2026-03-01T02:00:00.000Z'] })
    await advance('2026-03-01T04:31:00Z')
    expect(runs).toEqual(['2026-03-01T01:00', '2026-03-01T02:00'])
    expect(counts()).toMatchObject({ skipped: 2 })
  })

  it('waits with as many others as maxQueued says', async () => {
    behave = holds
    await start({ ...hourly, overlap: 'queue', maxQueued: 2 }, '2026-03-01T00:30:00Z')
    await advance('2026-03-01T05:15:00Z')
    expect(schedules!.status()[0]!.waiting).toHaveLength(2)
    expect(counts()).toMatchObject({ skipped: 2 })
  })

  it('ends the other one with overlap replace, and starts when that has ended', async () => {
    const ended: string[] = []
    let active = 0
    behave = async (logicalTime, signal) => {
      expect(++active).toBe(1)
      const report = await holds(logicalTime, signal)
      active--
      ended.push(logicalTime.slice(0, 16))
      return report
    }
    await start({ ...hourly, overlap: 'replace' }, '2026-03-01T00:30:00Z')
    await advance('2026-03-01T03:30:00Z')
    expect(runs).toEqual(['2026-03-01T01:00', '2026-03-01T02:00', '2026-03-01T03:00'])
    expect(ended).toEqual(['2026-03-01T01:00', '2026-03-01T02:00'])
    expect(counts()).toMatchObject({ replaced: 2, failed: 0, skipped: 0 })
  })

  it('is caught up with too, under catch-up all, while older ones are', async () => {
    await start({ ...hourly, catchUp: 'all' }, '2026-03-01T00:30:00Z')
    await schedules!.close()
    behave = holds
    await start({ ...hourly, catchUp: 'all', maxRunMs: 5_400_000 }, '2026-03-01T02:30:00Z')
    await advance('2026-03-01T05:45:00Z')
    expect(runs).toEqual(['2026-03-01T01:00', '2026-03-01T02:00', '2026-03-01T03:00'])
    expect(counts()).toMatchObject({ skipped: 0 })
  })
})

describe('a schedule that is stopped', () => {
  it('interrupts its run, which goes on next time before anything else', async () => {
    behave = holds
    await start({ ...daily, catchUp: 'none' }, '2026-03-02T01:00:00Z')
    await advance('2026-03-02T02:00:00Z')
    await schedules!.close()
    expect(await kept()).toMatchObject({ running: { logicalTime: '2026-03-02T01:30:00.000Z' }, counts: { failed: 0 } })
    behave = completes
    await start({ ...daily, catchUp: 'none' }, '2026-03-02T12:00:00Z')
    await schedules!.idle()
    await advance('2026-03-03T12:00:00Z')
    expect(runs).toEqual(['2026-03-02T01:30', '2026-03-02T01:30', '2026-03-03T01:30'])
    expect(counts()).toMatchObject({ started: 2, completed: 2 })
  })

  it('forgets and repeats nothing when its state is that of any moment before a kill', async () => {
    const plan = { cron: '0 * * * *', catchUp: 'all', overlap: 'queue' } as const
    const file = join(folder, 'state/schedules/nightly.json')
    /** What the file was, each time that a run began or ended; and how many runs were complete then. */
    const moments: { text: string; completed: string[]; at: number }[] = []
    const completed: string[] = []
    const keep = async (): Promise<void> => {
      const text = await readFile(file, 'utf8').catch(() => null)
      if (text !== null) moments.push({ text, completed: [...completed], at: time.now() })
    }
    behave = async (logicalTime) => {
      await keep()
      completed.push(logicalTime.slice(0, 16))
      await keep()
      return { state: 'completed' }
    }
    await start(plan, '2026-03-01T00:30:00Z')
    for (const hour of ['01', '02', '03', '04']) {
      await advance(`2026-03-01T${hour}:30:00Z`)
      await keep()
    }
    await schedules!.close()
    expect(moments).toHaveLength(12)
    const all = ['01', '02', '03', '04', '05', '06'].map((hour) => `2026-03-01T${hour}:00`)
    for (const moment of moments) {
      await rm(join(folder, 'state/schedules'), { recursive: true })
      runs = []
      behave = completes
      await start(plan, new Date(moment.at).toISOString())
      await schedules!.close()
      await writeFile(file, moment.text)
      runs = []
      await start(plan)
      await advance('2026-03-01T06:30:00Z')
      // Only the run under way is asked for again: its own run folder knows whether anything is left to do.
      const running = (JSON.parse(moment.text) as { running: { logicalTime: string } | null }).running?.logicalTime.slice(0, 16)
      expect(runs).toEqual(all.filter((hour) => !moment.completed.includes(hour) || hour === running))
      await schedules!.close()
    }
  })

  it('keeps those that wait', async () => {
    behave = holds
    await start({ cron: '0 * * * *', overlap: 'queue' }, '2026-03-01T00:30:00Z')
    await advance('2026-03-01T02:30:00Z')
    await schedules!.close()
    behave = completes
    await start({ cron: '0 * * * *', overlap: 'queue' }, '2026-03-01T02:45:00Z')
    await schedules!.idle()
    expect(runs).toEqual(['2026-03-01T01:00', '2026-03-01T01:00', '2026-03-01T02:00'])
  })
})

describe('a missed run', () => {
  const watched = { ...daily, missedAfterMs: 3_600_000 }
  const alarms = (): string[] =>
    logged.filter(({ level, message }) => level === 'error' && message.includes('not completed')).map(({ message }) => message)

  it('raises the alert once, when its time is up', async () => {
    behave = holds
    await start(watched, '2026-03-02T01:00:00Z')
    await advance('2026-03-02T02:30:00Z')
    expect(alarms()).toEqual([])
    await advance('2026-03-02T02:30:01Z')
    expect(alarms()).toEqual(['nightly: not completed within 3600000 ms: 2026-03-02T01:30:00.000Z'])
    await advance('2026-03-02T12:00:00Z')
    expect(alarms()).toHaveLength(1)
    expect(await kept()).toMatchObject({ missed: ['2026-03-02T01:30:00.000Z'], counts: { missed: 1 }, open: [] })
  })

  it('is not one that completes in time', async () => {
    await start(watched, '2026-03-02T01:00:00Z')
    await advance('2026-03-05T12:00:00Z')
    expect(alarms()).toEqual([])
    expect(runs).toHaveLength(4)
  })

  it('is one that failed or was skipped too', async () => {
    behave = async (_, signal) => (runs.length === 1 ? { state: 'failed' } : holds('', signal))
    await start({ ...watched, cron: '0 * * * *', missedAfterMs: 600_000 }, '2026-03-01T00:30:00Z')
    await advance('2026-03-01T03:30:00Z')
    expect(counts()).toMatchObject({ failed: 1, skipped: 1, missed: 3 })
  })

  it('is told for all of them at once after a long sleep, also by a new process', async () => {
    await start({ ...watched, catchUp: 'none' }, '2026-03-02T01:00:00Z')
    await schedules!.close()
    await start({ ...watched, catchUp: 'none' }, '2026-03-05T12:00:00Z')
    expect(alarms()).toEqual([
      'nightly: not completed within 3600000 ms: 4 logical times from 2026-03-02T01:30:00.000Z to 2026-03-05T01:30:00.000Z',
    ])
  })
})

describe('one schedule of a state folder', () => {
  it('is run by one scheduler at a time', async () => {
    const first = await start(daily, '2026-03-01T12:00:00Z')
    await expect(start(daily)).rejects.toMatchObject({ code: 'RUN_ACTIVE' })
    await first.close()
    const second = await start(daily)
    expect(second.status()[0]!.counts).not.toBeNull()
  })

  it('is taken over by one that stands by, when the other ends', async () => {
    const first = await start(daily, '2026-03-02T01:00:00Z')
    const options = { stateRoot: join(folder, 'state'), logger, clock: time, timers: time }
    const run = async (
      _: BatchRequest,
      { logicalTime }: { readonly logicalTime: string },
    ): Promise<{ state: 'completed'; error: null }> => {
      runs.push(`second ${logicalTime.slice(0, 10)}`)
      return { state: 'completed', error: null }
    }
    const second = await startSchedules({ ...options, config: await configOf(daily), whenHeld: 'stand-by', run })
    const both = async (): Promise<void> => void (await Promise.all([first.settled(), second.settled()]))
    await time.advance('2026-03-02T02:00:00Z', both)
    expect(second.status()[0]).toMatchObject({ next: '2026-03-03T01:30:00.000Z', counts: null })
    await first.close()
    await time.advance('2026-03-03T02:00:00Z', () => second.settled())
    expect(runs).toEqual(['2026-03-02T01:30', 'second 2026-03-03'])
    await second.close()
  })

  it('is refused when its state is damaged or of another version', async () => {
    await start(daily, '2026-03-01T12:00:00Z')
    await schedules!.close()
    for (const text of ['{', '{"version":2}']) {
      await writeFile(join(folder, 'state/schedules/nightly.json'), text)
      await expect(start(daily)).rejects.toMatchObject({ code: 'INTEGRITY' })
    }
  })

  it('wants to be there', async () => {
    const config = await configOf(daily)
    const run = async (): Promise<{ state: 'completed'; error: null }> => ({ state: 'completed', error: null })
    const starting = startSchedules({ config, names: ['weekly'], stateRoot: folder, logger, whenHeld: 'refuse', run })
    await expect(starting).rejects.toMatchObject({ code: 'SCHEDULE_UNKNOWN' })
  })
})
