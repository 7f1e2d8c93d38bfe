import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SlipwayError } from '../../core/errors.js'
import type { BatchRequest } from '../../targets/batch/batch-request.js'
import type { RunReport, RunState } from '../../targets/batch/run-report.js'
import type { PlannedTime } from '../../targets/batch/schedule/backfill-plan.js'
import type { BackfilledTime } from '../../targets/batch/schedule/run-backfill.js'
import { loadConfig, type LoadedConfig } from '../config/load-config.js'
import { backfill, type BackfillRequest, planOf } from './backfill.js'

let folder: string
let config: LoadedConfig

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-backfill-'))
  const places = { model: 'fraud', from: 'in/{date}.csv', to: 'out/{date}.csv' }
  const batch = {
    nightly: { ...places, schedule: { cron: '30 0 * * *', timeZone: 'Europe/Berlin', startAt: '2030-01-01T00:00:00Z' } },
    minutely: { ...places, schedule: { cron: '* * * * *' } },
    manual: places,
  }
  await writeFile(join(folder, 'slipway.config.json'), JSON.stringify({ batch }))
  config = await loadConfig({ folder })
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const now = Date.parse('2026-02-10T00:00:00Z')
const plan = (more: Partial<BackfillRequest> = {}): readonly PlannedTime[] =>
  planOf({ config, name: 'nightly', from: '2026-02-01', to: '2026-02-05', reprocess: 'none', reverse: false, earlier: [], now, ...more })
const days = (times: readonly { readonly logicalTime: string }[]): string[] => times.map(({ logicalTime }) => logicalTime.slice(8, 13))
const toRun = (times: readonly PlannedTime[]): string[] => days(times.filter(({ action }) => action === 'run'))

const states: Readonly<Record<string, RunState>> = { '01': 'completed', '02': 'failed', '03': 'interrupted', '04': 'running' }
const earlier = Object.entries(states).map(([day, state]) => ({ logicalTime: `2026-02-${day}T23:30:00.000Z`, state }))

describe('the plan of a backfill', () => {
  it('has the days of the zone, both ends included, whatever startAt says', () => {
    expect(days(plan())).toEqual(['31T23', '01T23', '02T23', '03T23', '04T23'])
    expect(plan()[0]!.logicalTime).toBe('2026-01-31T23:30:00.000Z')
  })

  it('has the times between two times', () => {
    const range = { from: '2026-02-01T23:30:00Z', to: '2026-02-02T23:29:59Z' }
    expect(days(plan(range))).toEqual(['01T23'])
  })

  it('runs with `none` what never ran, with `failed` what has no complete run, with `completed` everything', () => {
    expect(toRun(plan({ earlier }))).toEqual(['31T23'])
    expect(toRun(plan({ earlier, reprocess: 'failed' }))).toEqual(['31T23', '02T23', '03T23'])
    expect(toRun(plan({ earlier, reprocess: 'completed' }))).toEqual(['31T23', '01T23', '02T23', '03T23'])
  })

  it('says why', () => {
    expect(plan({ earlier }).map(({ earlier, action, reason, again }) => [earlier, action, reason, again])).toEqual([
      [null, 'run', 'never run', false],
      ['completed', 'skip', 'completed; --reprocess completed runs it again', false],
      ['failed', 'skip', 'failed; --reprocess failed goes on with it', false],
      ['interrupted', 'skip', 'interrupted; --reprocess failed goes on with it', false],
      ['running', 'skip', 'runs now', false],
    ])
    expect(plan({ earlier, reprocess: 'completed' })[1]).toMatchObject({ action: 'run', again: true, reason: 'completed; run again' })
  })

  it('goes by the newest run of a time', () => {
    const twice = [{ ...earlier[1]!, state: 'completed' as const }, ...earlier]
    expect(toRun(plan({ earlier: twice, reprocess: 'failed' }))).toEqual(['31T23', '03T23'])
  })

  it('is turned round, and leaves out what is still to come', () => {
    expect(days(plan({ reverse: true }))).toEqual(['04T23', '03T23', '02T23', '01T23', '31T23'])
    const early = plan({ now: Date.parse('2026-02-03T00:00:00Z') })
    expect(toRun(early)).toEqual(['31T23', '01T23', '02T23'])
    expect(early[4]).toMatchObject({ action: 'skip', reason: 'still to come' })
  })

  it.each([
    [{ from: '2026-02-30' }, 'USAGE', '--from wants a day'],
    [{ to: 'tomorrow' }, 'USAGE', '--to wants a day'],
    [{ from: '2026-02-06' }, 'USAGE', '--from 2026-02-06 is later than --to 2026-02-05'],
    [{ name: 'minutely', from: '2026-01-01' }, 'USAGE', 'more than 5000 logical times'],
    [{ name: 'manual' }, 'CONFIG_INVALID', 'batch.manual: there is no schedule'],
    [{ name: 'weekly' }, 'SCHEDULE_UNKNOWN', 'no batch `weekly`'],
  ])('refuses %j', (more, code, message) => {
    expect(() => plan(more)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) as string }))
  })
})

describe('a backfill', () => {
  const report = (request: BatchRequest, state: RunState): RunReport => ({ ...request, state, error: null }) as unknown as RunReport

  async function run(
    planned: readonly PlannedTime[],
    maxActive: number,
    behave: (request: BatchRequest) => Promise<RunState>,
    abort = new AbortController(),
  ): Promise<{ times: readonly BackfilledTime[]; requests: BatchRequest[]; ends: string[]; most: number }> {
    const requests: BatchRequest[] = []
    const ends: string[] = []
    let active = 0
    let most = 0
    const times = await backfill({
      config,
      name: 'nightly',
      plan: planned,
      maxActive,
      signal: abort.signal,
      onEnd: ({ logicalTime }) => ends.push(logicalTime),
      run: async (request) => {
        requests.push(request)
        most = Math.max(most, ++active)
        await new Promise((resolve) => setImmediate(resolve))
        return report(request, await behave(request).finally(() => active--))
      },
    })
    return { times, requests, ends, most }
  }

  it('runs each time with its placeholders, in the order of the plan', async () => {
    const { requests, times, most } = await run(plan({ reverse: true }), 1, async () => 'completed')
    expect(requests.map(({ from }) => from)).toEqual(['05', '04', '03', '02', '01'].map((day) => join(folder, `in/2026-02-${day}.csv`)))
    expect(requests[0]).toMatchObject({ name: 'nightly', logicalTime: '2026-02-04T23:30:00.000Z' })
    expect(times.every(({ state }) => state === 'completed')).toBe(true)
    expect(most).toBe(1)
  })

  it('runs as many at a time as it may', async () => {
    expect((await run(plan(), 3, async () => 'completed')).most).toBe(3)
    expect((await run(plan(), 64, async () => 'completed')).most).toBe(5)
  })

  it('begins anew what was complete, and goes on with what failed', async () => {
    const { requests } = await run(plan({ earlier, reprocess: 'completed' }), 1, async () => 'completed')
    expect(requests.map(({ restart }) => restart ?? false)).toEqual([false, true, false, false])
  })

  it('goes on with the others when a time fails', async () => {
    const { times, ends } = await run(plan(), 2, async ({ logicalTime }) => {
      if (logicalTime!.includes('-01T')) throw new SlipwayError('SOURCE_INVALID', 'in/2026-02-02.csv: truncated')
      return logicalTime!.includes('-02T') ? 'failed' : 'completed'
    })
    expect(times.map(({ state }) => state)).toEqual(['completed', 'failed', 'failed', 'completed', 'completed'])
    expect(times[1]!.error).toEqual({ code: 'SOURCE_INVALID', message: 'in/2026-02-02.csv: truncated' })
    expect(ends).toHaveLength(5)
  })

  it('starts nothing more when it is told to end', async () => {
    const abort = new AbortController()
    const behave = async (): Promise<RunState> => {
      abort.abort()
      return 'interrupted'
    }
    const { times } = await run(plan(), 1, behave, abort)
    expect(times.map(({ state }) => state)).toEqual(['interrupted', 'not-started', 'not-started', 'not-started', 'not-started'])
  })
})
