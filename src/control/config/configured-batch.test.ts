import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { configuredBatch, withConfiguredStore } from './configured-batch.js'

let folder: string
let config: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-configured-'))
  config = join(folder, 'slipway.config.json')
  const batch = {
    nightly: {
      model: 'fraud',
      from: '{date}.csv',
      to: 'stored',
      key: 'id',
      schedule: { cron: '0 20 * * *', timeZone: 'America/New_York' },
    },
    sundays: { model: 'fraud', from: '{date}.csv', to: 'out/', schedule: { cron: '0 2 * * 0' } },
    daily: { model: 'fraud', from: '{date}.csv', to: 'out.csv' },
    plain: { model: 'fraud', from: 'in.csv', to: 'out.csv', overwrite: true },
  }
  await writeFile(config, JSON.stringify({ batch, stored: { store: 'lmdb:sets' } }))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const at = (name: string, logicalTime?: string): ReturnType<typeof configuredBatch> => configuredBatch(name, { config, logicalTime })

it('is the request of a time, from the folder of the configuration', async () => {
  expect(await at('nightly', '2026-02-02T01:00:00Z')).toEqual({
    cwd: folder,
    request: {
      name: 'nightly',
      model: 'fraud',
      from: join(folder, '2026-02-01.csv'),
      to: 'stored',
      store: `lmdb:${join(folder, 'sets')}`,
      key: 'id',
      logicalTime: '2026-02-02T01:00:00.000Z',
    },
  })
})

it('is that of the time of the schedule on a day of its zone', async () => {
  expect((await at('nightly', '2026-02-01')).request).toMatchObject({
    from: join(folder, '2026-02-01.csv'),
    logicalTime: '2026-02-02T01:00:00.000Z',
  })
  await expect(at('sundays', '2026-02-02')).rejects.toThrow('the schedule of sundays has no time on 2026-02-02')
})

it('is that of the last time of the schedule when none is given, so that a repeated command goes on', async () => {
  const { request } = await at('nightly')
  const age = Date.now() - Date.parse(request.logicalTime!)
  expect(age).toBeGreaterThanOrEqual(0)
  expect(age).toBeLessThan(26 * 3_600_000)
  expect((await at('nightly')).request).toEqual(request)
})

it('needs a time for its placeholders when it has no schedule', async () => {
  expect((await at('daily', '2026-02-01')).request.from).toBe(join(folder, '2026-02-01.csv'))
  await expect(at('daily')).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining('--logical-time') as string })
  expect((await at('plain')).request).not.toHaveProperty('logicalTime')
})

it('stores the sets of the command line where the configuration says, unless they name their store', async () => {
  const request = { name: null, model: 'fraud', from: 'in.csv', to: 'stored', key: 'id' }
  expect(await withConfiguredStore(request, config)).toEqual({ ...request, store: `lmdb:${join(folder, 'sets')}` })
  expect(await withConfiguredStore({ ...request, store: 'sqlite:own.db' }, config)).toMatchObject({ store: 'sqlite:own.db' })
  expect(await withConfiguredStore({ ...request, to: 'out.csv' }, config)).not.toHaveProperty('store')
})

it('is refused when the time or the name is none', async () => {
  await expect(at('nightly', 'yesterday')).rejects.toMatchObject({ code: 'USAGE' })
  await expect(at('weekly')).rejects.toMatchObject({ code: 'SCHEDULE_UNKNOWN' })
})
