import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { StoredSets } from '../core/stored-sets.js'
import { openStoredSets } from './open-stored-sets.js'
import { listStored } from './stored-operations.js'

let folder: string
let config: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-stored-'))
  config = join(folder, 'slipway.config.json')
  await writeFile(config, JSON.stringify({ stored: { store: 'sqlite:configured.sqlite' } }))
  for (const name of ['configured', 'named', 'state/stored']) await begin(name)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const storeOf = (name: string): string => `sqlite:${join(folder, `${name}.sqlite`)}`

/** A store with a set that is named after it. */
async function begin(name: string): Promise<void> {
  const sets: StoredSets = await openStoredSets(storeOf(name))
  await sets.create({ id: name.replace('/', '-'), model: 'fraud', version: '1', digest: 'sha256:0', producedAt: 0 })
  await sets.close()
}

const listed = async (args: { store?: string; config?: string }): Promise<string[]> =>
  (await listStored({ state: join(folder, 'state'), ...args })).sets.map(({ id }) => id)

it('work on the store that is named, else that of the configuration, else that of the state folder', async () => {
  expect(await listed({ config, store: storeOf('named') })).toEqual(['named'])
  expect(await listed({ config })).toEqual(['configured'])
  expect(await listed({})).toEqual(['state-stored'])
})
