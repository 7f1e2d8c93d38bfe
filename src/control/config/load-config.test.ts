import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { batchEntry, loadConfig } from './load-config.js'

let folder: string

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'slipway-config-')))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const file = (name: string, content: string): Promise<void> => writeFile(join(folder, name), content)
const nightly = { model: 'fraud', from: 'in/{date}.csv', to: 'out/{date}.parquet', key: 'id' }

/** What `loadConfig` says about a configuration of one batch. */
async function messageOf(config: unknown): Promise<string> {
  await file('slipway.config.json', JSON.stringify(config))
  const error = await loadConfig({ folder }).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
  return (error as Error).message
}

describe('the configuration', () => {
  it('is loaded from TypeScript, with defineConfig of this very package', async () => {
    await file('paths.ts', `export const source: string = 'in/{date}.csv'`)
    const code = `import { defineConfig } from 'slipway'\nimport { source } from './paths.js'
      export default defineConfig({ batch: { nightly: { model: 'fraud', from: source, to: 'stored', store: 'lmdb:sets' } } })`
    await file('slipway.config.ts', code)
    const config = await loadConfig({ folder })
    const places = { from: join(folder, 'in/{date}.csv'), to: 'stored', store: `lmdb:${join(folder, 'sets')}` }
    expect(config.batch.get('nightly')).toEqual({ model: 'fraud', ...places })
    expect(config.file).toBe(join(folder, 'slipway.config.ts'))
  })

  it.each([
    ['slipway.config.mjs', `export default ${JSON.stringify({ batch: { nightly } })}`],
    ['slipway.config.js', `export default ${JSON.stringify({ batch: { nightly } })}`],
    ['slipway.config.mts', `export default ${JSON.stringify({ batch: { nightly } })} as object`],
    ['slipway.config.json', JSON.stringify({ batch: { nightly } })],
  ])('is found as %s', async (name, content) => {
    await file(name, content)
    expect([...(await loadConfig({ folder })).batch.keys()]).toEqual(['nightly'])
  })

  it('is loaded anew each time', async () => {
    await file(
      'slipway.config.mjs',
      `import { defineConfig } from 'slipway'; export default defineConfig({ stored: { store: 'sqlite:a' } })`,
    )
    expect((await loadConfig({ folder })).store).toBe(`sqlite:${join(folder, 'a')}`)
    await file('slipway.config.mjs', `export default { stored: { store: 'postgres://db/x' } }`)
    expect((await loadConfig({ folder })).store).toBe('postgres://db/x')
  })

  it('is empty when there is none, unless it was asked for', async () => {
    expect(await loadConfig({ folder })).toMatchObject({ file: null, store: null })
    await expect(loadConfig({ folder, file: 'my.config.ts' })).rejects.toMatchObject({ code: 'FILE_UNKNOWN' })
  })

  it('has paths relative to its own folder, and leaves servers and pipes alone', async () => {
    const batch = {
      a: { model: 'm', from: 'in/*.csv', to: 'out/' },
      b: { model: 'm', from: '-', to: '/abs/out.csv' },
      c: { model: 'm', from: 'postgres://db/shop', query: 'select 1', to: 'sqlite:../shop.db', table: 't' },
    }
    await file('slipway.config.json', JSON.stringify({ batch }))
    const config = await loadConfig({ file: join(folder, 'slipway.config.json'), folder: '/' })
    expect(config.batch.get('a')).toMatchObject({ from: `${folder}/in/*.csv`, to: `${folder}/out/` })
    expect(config.batch.get('b')).toMatchObject({ from: '-', to: '/abs/out.csv' })
    expect(config.batch.get('c')).toMatchObject({ from: 'postgres://db/shop', to: `sqlite:${join(folder, '../shop.db')}` })
  })

  it('says which batches there are when one is unknown', async () => {
    await file('slipway.config.json', JSON.stringify({ batch: { nightly } }))
    const config = await loadConfig({ folder })
    expect(batchEntry(config, 'nightly').key).toBe('id')
    expect(() => batchEntry(config, 'weekly')).toThrow('no batch `weekly` in slipway.config.json: there are nightly')
  })
})

describe('a wrong configuration', () => {
  const entry = (more: object): object => ({ batch: { nightly: { ...nightly, ...more } } })
  const schedule = (more: object): object => entry({ schedule: { cron: '0 2 * * *', ...more } })

  it.each([
    [[], 'slipway.config.json: expected an object, received an array of 0'],
    [{ batches: {} }, 'slipway.config.json: batches: there is no such key; there are batch, stored'],
    [{ batch: { Nightly: nightly } }, 'batch.Nightly: a name is lower case'],
    [{ batch: { '../x': nightly } }, 'batch.`../x`: a name is'],
    [{ batch: { nightly: null } }, 'batch.nightly: expected an object, received null'],
    [{ batch: { nightly: { model: 'm', from: 'x.csv' } } }, 'batch.nightly.to: is missing'],
    [entry({ form: 'x' }), 'batch.nightly.form: there is no such key; there are model, from,'],
    [entry({ from: 7 }), 'batch.nightly.from: expected a text, received 7'],
    [entry({ from: '{day-of-week}.csv' }), 'batch.nightly.from: {day-of-week} is no placeholder'],
    [entry({ query: 'select {daet}' }), 'batch.nightly.query: {daet} is no placeholder'],
    [entry({ fromFormat: 'xml' }), "batch.nightly.fromFormat: expected one of 'csv', 'jsonl', 'parquet', received 'xml'"],
    [entry({ pass: ['id', 3] }), 'batch.nightly.pass[1]: expected a text, received 3'],
    [entry({ map: { amount: '' } }), "batch.nightly.map.amount: expected a text, received ''"],
    [entry({ types: { id: 'string' } }), "batch.nightly.types.id: expected one of 'text'"],
    [entry({ workers: 0 }), 'batch.nightly.workers: expected a whole number from 1 to 1024, received 0'],
    [entry({ maxBadFraction: 2 }), 'batch.nightly.maxBadFraction: expected a number from 0 to 1, received 2'],
    [entry({ overwrite: 'yes' }), "batch.nightly.overwrite: expected true or false, received 'yes'"],
    [
      schedule({ cron: '0 25 * * *' }),
      'batch.nightly.schedule.cron: expected five fields (minute, hour, day of month, month, day of week), received',
    ],
    [
      schedule({ timeZone: 'Berlin' }),
      "batch.nightly.schedule.timeZone: expected an IANA time zone such as Europe/Berlin, received 'Berlin'",
    ],
    [schedule({ overlap: 'allow' }), 'batch.nightly.schedule.overlap: expected one of'],
    [schedule({ maxQueued: 2 }), "batch.nightly.schedule.maxQueued: goes with overlap: 'queue' only"],
    [schedule({ jitterMs: -1 }), 'batch.nightly.schedule.jitterMs: expected a whole number from 0'],
    [schedule({ startAt: '2026-01-01T00:00' }), 'batch.nightly.schedule.startAt: expected an ISO 8601 time with its zone'],
    [schedule({ startAt: '2026-02-01', endAt: '2026-01-01' }), 'batch.nightly.schedule.endAt: expected a time after startAt'],
    [schedule({ jitterMs: 10, missedAfterMs: 10 }), 'batch.nightly.schedule.missedAfterMs: expected more than jitterMs (10), received 10'],
    [schedule({ alert: { webhook: 'file:///x' } }), 'batch.nightly.schedule.alert.webhook: expected an http:// or https:// URL'],
    [schedule({ alert: {} }), 'batch.nightly.schedule.alert.webhook: is missing'],
    [entry({ from: '-', schedule: { cron: '0 2 * * *' } }), 'batch.nightly.from: a batch with a schedule has no standard input'],
    [entry({ where: 'amount >' }), 'batch.nightly.where: '],
    [{ stored: { store: '' } }, "stored.store: expected a text, received ''"],
  ])('%j: %s', async (config, message) => {
    expect(await messageOf(config)).toContain(message)
  })

  it('is refused when its JSON is broken, or has a key twice', async () => {
    await file('slipway.config.json', '{ "batch": ')
    await expect(loadConfig({ folder })).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await file('slipway.config.json', '{ "stored": {}, "stored": {} }')
    await expect(loadConfig({ folder })).rejects.toThrow('slipway.config.json: a key is given twice')
  })

  it('is refused in one line when its code cannot be loaded', async () => {
    for (const code of ['export default {', `throw new Error('no luck')`, `import x from './gone.js'\nexport default x`]) {
      await file('slipway.config.ts', code)
      await expect(loadConfig({ folder })).rejects.toThrow(/^slipway\.config\.ts cannot be loaded: [^\n]+$/)
    }
    await file('slipway.config.ts', 'export const config = {}')
    await expect(loadConfig({ folder })).rejects.toThrow('found no default export')
  })

  it('is refused when there are two, or its ending is another', async () => {
    await file('slipway.config.ts', 'export default {}')
    await file('slipway.config.json', '{}')
    await expect(loadConfig({ folder })).rejects.toThrow('both slipway.config.ts and slipway.config.json')
    await file('slipway.yaml', '')
    await expect(loadConfig({ folder, file: 'slipway.yaml' })).rejects.toThrow('.ts, .mts, .js, .mjs or .json')
  })
})
