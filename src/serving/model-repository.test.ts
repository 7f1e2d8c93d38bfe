import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { countingModel } from '../../test/fixtures/models.js'
import { Gate, openModel, silent } from '../../test/fixtures/open-predictor.js'
import { by, contentOf, registryPlace } from '../../test/support/registry.js'
import type { RegistryPlace } from '../../test/support/registry.js'
import { systemClock } from '../core/clock.js'
import { SlipwayError } from '../core/errors.js'
import type { Executor } from '../core/ports.js'
import { createAccumulators } from '../monitoring/accumulators.js'
import type { Accumulators } from '../monitoring/accumulators.js'
import type { Registry } from '../registry/registry.js'
import type { Reply, ServedModel } from './data-plane.js'
import { recordGolden } from './golden.js'
import type { VersionRef } from './model-entry.js'
import { openModelRepository } from './model-repository.js'
import type { ModelRepository, ModelRepositoryOptions } from './model-repository.js'
import type { OpenedVersion } from './served-version.js'

const context = { route: 'native', requestId: 'r' }

let place: RegistryPlace
let registry: Registry
let metrics: Accumulators
/** Before the models, by version; open unless a test shuts one. */
const gates = new Map<string, Gate>()
/** Predictors that are open now: what is not closed leaks. */
let openCount: number
const repositories: ModelRepository[] = []

beforeEach(async () => {
  place = await registryPlace()
  registry = await place.open()
  metrics = createAccumulators()
  gates.clear()
  openCount = 0
})
afterEach(async () => {
  for (const gate of gates.values()) gate.open()
  await Promise.all(repositories.splice(0).map((repository) => repository.close()))
  await registry.close()
  await place.remove()
  if (openCount !== 0) throw new Error(`${openCount} predictors were left open`)
})

function gateOf(version: string): Gate {
  const found = gates.get(version) ?? new Gate()
  if (!gates.has(version)) found.open()
  gates.set(version, found)
  return found
}

/** Version n of the model answers x + n. */
async function add(count: number, name = 'm', golden?: unknown): Promise<void> {
  const more = golden === undefined ? {} : { golden: new TextEncoder().encode(JSON.stringify(golden)) }
  await registry.add(name, contentOf('', { artifact: countingModel(count), ...more }), by)
}

async function openVersion({ name, version }: VersionRef): Promise<OpenedVersion> {
  const { digest } = await registry.resolve(`${name}@${version}`)
  const checkout = await registry.checkout(digest, join(place.parent, 'checkouts'))
  const bytes = await readFile(checkout.artifactPath)
  const around = (executor: Executor): Executor => gateOf(version).before(executor)
  const opened = await openModel(bytes, { name, version, golden: checkout.golden, around })
  openCount++
  const close = opened.predictor.close.bind(opened.predictor)
  const counted = Object.assign(Object.create(opened.predictor) as typeof opened.predictor, {
    createBuilder: () => opened.predictor.createBuilder(),
    predict: opened.predictor.predict.bind(opened.predictor),
    fallback: opened.predictor.fallback.bind(opened.predictor),
    close: async () => {
      openCount--
      await close()
    },
  })
  return { ...opened, predictor: counted }
}

async function open(change: Partial<ModelRepositoryOptions> = {}): Promise<ModelRepository> {
  const options = { registry, openVersion, clock: systemClock, metrics, logger: silent, limits: {}, pollMs: 20, ...change }
  const repository = await openModelRepository(options)
  repositories.push(repository)
  return repository
}

function submit(model: ServedModel, x: number): Promise<Reply> {
  return model.submit((builder) => builder.appendRow({ x }), context)
}

function valueOf({ prediction, start }: Reply): number {
  expect(prediction.sourceNames[prediction.sources[start] ?? 0]).toBe('model')
  return Number(prediction.frame.columns['y']?.data[start])
}

async function ask(repository: ModelRepository, selector = {}): Promise<number> {
  return valueOf(await submit(repository.model('m', selector), 10))
}

function codeOf(work: () => unknown): string {
  try {
    work()
    return 'OK'
  } catch (error) {
    return error instanceof SlipwayError ? error.code : String(error)
  }
}

describe('a model repository', () => {
  it('serves every version that an alias points at, champion first', async () => {
    await add(1)
    await add(2)
    await add(3)
    await registry.promote('m', 2, 'challenger', by)
    const repository = await open()
    expect(repository.names()).toEqual(['m'])
    expect(repository.versions('m').map(({ info }) => [info.version, info.aliases])).toEqual([
      ['1', ['champion']],
      ['2', ['challenger']],
      ['3', ['latest']],
    ])
    expect(await ask(repository)).toBe(11)
    expect(await ask(repository, { alias: 'challenger' })).toBe(12)
    expect(await ask(repository, { version: '3' })).toBe(13)
    expect(repository.model('m').info).toMatchObject({ name: 'm', version: '1', isolation: 'inline', maxBatchRows: 64 })
    expect(codeOf(() => repository.model('x'))).toBe('MODEL_UNKNOWN')
    expect(codeOf(() => repository.model('m', { version: '4' }))).toBe('VERSION_UNKNOWN')
    expect(codeOf(() => repository.model('m', { alias: 'x' }))).toBe('ALIAS_UNKNOWN')
  })

  it('serves the newest version of a model that has no alias', async () => {
    await add(1)
    await add(2)
    await registry.unalias('m', 'champion', by)
    await registry.unalias('m', 'latest', by)
    const repository = await open()
    expect(await ask(repository)).toBe(12)
    expect(repository.model('m').info.aliases).toEqual([])
    expect(codeOf(() => repository.model('m', { alias: '(none)' }))).toBe('ALIAS_UNKNOWN')
  })

  it('takes up a moved alias by itself within a second, and closes what nobody points at', async () => {
    await add(1)
    const repository = await open()
    await add(2)
    await registry.promote('m', 2, 'champion', by)
    await vi.waitFor(async () => expect(await ask(repository)).toBe(12), { timeout: 1000, interval: 10 })
    await repository.settled()
    expect(repository.versions('m')).toHaveLength(1)
    expect(openCount).toBe(1)
    await registry.rollback('m', 'champion', by)
    await vi.waitFor(async () => expect(await ask(repository)).toBe(11), { timeout: 1000, interval: 10 })
  })

  it('takes up a model that is added while it serves', async () => {
    const repository = await open()
    expect(repository.names()).toEqual([])
    await add(1)
    await vi.waitFor(() => expect(repository.names()).toEqual(['m']), { timeout: 1000 })
  })

  it('serves only the models that it is told to, and refuses to start without one of them', async () => {
    await add(1)
    await add(2, 'other')
    const repository = await open({ models: ['other'] })
    expect(repository.names()).toEqual(['other'])
    await expect(open({ models: ['absent'] })).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' })
  })

  it('keeps the old version when the new one does not load, says why, and tries again at the next move', async () => {
    await add(1)
    let broken = true
    const repository = await open({
      openVersion: (ref) => {
        if (ref.version === '2' && broken) throw new SlipwayError('INTEGRITY', 'blob is damaged')
        return openVersion(ref)
      },
    })
    await add(2)
    await registry.promote('m', 2, 'champion', by)
    await expect(repository.load('m')).rejects.toMatchObject({ code: 'INTEGRITY' })
    expect(await ask(repository)).toBe(11)
    expect(await repository.index()).toEqual([
      { name: 'm', version: '1', state: 'READY', reason: '' },
      { name: 'm', version: '2', state: 'UNAVAILABLE', reason: 'blob is damaged' },
    ])
    expect(codeOf(() => repository.model('m', { version: '2' }))).toBe('NOT_READY')
    broken = false
    await registry.promote('m', 2, 'shadow', by)
    await vi.waitFor(async () => expect(await ask(repository)).toBe(12), { timeout: 1000, interval: 10 })
  })

  it('starts although a model does not load, and is not ready while it has nothing to serve', async () => {
    await add(1)
    await add(1, 'fine')
    const failing = (ref: VersionRef): Promise<OpenedVersion> => {
      return ref.name === 'm' ? Promise.reject(new SlipwayError('ADMISSION_FAILED', 'no')) : openVersion(ref)
    }
    const repository = await open({ openVersion: failing })
    expect(repository.names()).toEqual(['fine'])
    expect(codeOf(() => repository.model('m'))).toBe('NOT_READY')
    expect(await repository.modelReady('m')).toBe(false)
    expect(await repository.ready()).toBe(true)
    const alone = await open({ openVersion: failing, models: ['m'] })
    expect(await alone.ready()).toBe(false)
  })

  it('does not serve a version that fails to repeat its golden examples', async () => {
    const opened = await openModel(countingModel(1))
    const golden = await recordGolden(opened.predictor, [{ x: 1 }, { x: 2.5 }])
    await opened.predictor.close()
    await add(1, 'm', golden)
    const repository = await open()
    expect(await ask(repository)).toBe(11)
    await add(2, 'm', golden)
    await registry.promote('m', 2, 'champion', by)
    await expect(repository.load('m')).rejects.toMatchObject({ code: 'GOLDEN_MISMATCH' })
    expect(await ask(repository)).toBe(11)
    expect(openCount).toBe(1)
  })

  it('loads and unloads by name; a moved alias does not bring back what was unloaded', async () => {
    await add(1)
    const repository = await open()
    await repository.unload('m')
    expect(openCount).toBe(0)
    expect(repository.names()).toEqual([])
    expect(codeOf(() => repository.model('m'))).toBe('MODEL_UNKNOWN')
    expect(await repository.index()).toEqual([{ name: 'm', version: '1', state: 'UNAVAILABLE', reason: 'unloaded' }])
    await add(2)
    await registry.promote('m', 2, 'champion', by)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(repository.names()).toEqual([])
    await repository.load('m')
    expect(await ask(repository)).toBe(12)
    await expect(repository.load('absent')).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' })
    await expect(repository.unload('absent')).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' })
  })

  it('answers by the old version what the old version has taken', async () => {
    await add(1)
    const repository = await open()
    const old = repository.model('m')
    await add(2)
    gateOf('1').shut()
    const replies = [1, 2, 3].map((x) => submit(old, x))
    await registry.promote('m', 2, 'champion', by)
    await repository.load('m')
    expect(await ask(repository)).toBe(12)
    expect(await repository.index()).toMatchObject([
      { version: '1', state: 'UNLOADING' },
      { version: '2', state: 'READY' },
    ])
    gateOf('1').open()
    expect((await Promise.all(replies)).map(valueOf)).toEqual([2, 3, 4])
    await repository.settled()
    // Who still holds the old version is passed on.
    expect(valueOf(await submit(old, 1))).toBe(3)
  })

  it('tests itself by running every model, at most once a second', async () => {
    await add(1)
    let now = 0
    const repository = await open({ clock: { now: () => now, monotonic: () => now } })
    const runs = (): number => gateOf('1').sizes.length
    const before = runs()
    expect([await repository.ready(), await repository.ready(), await repository.modelReady('m')]).toEqual([true, true, true])
    expect(runs()).toBe(before + 1)
    now += 1001
    expect(await repository.ready()).toBe(true)
    expect(runs()).toBe(before + 2)
    now += 1001
    await ask(repository)
    const asked = runs()
    expect(await repository.ready()).toBe(true)
    expect(runs()).toBe(asked)
    await expect(repository.modelReady('absent')).rejects.toMatchObject({ code: 'MODEL_UNKNOWN' })
  })

  it('is neither live nor ready once it closes, and answers what it has taken', async () => {
    await add(1)
    const repository = await open()
    const reply = submit(repository.model('m'), 1)
    const closing = repository.close()
    expect(repository.live()).toBe(false)
    expect(await repository.ready()).toBe(false)
    expect(valueOf(await reply)).toBe(2)
    await closing
  })

  it('drops no request and leaks nothing in 200 hot swaps under load', { timeout: 60_000 }, async () => {
    await add(1)
    await add(2)
    await registry.unalias('m', 'latest', by)
    const repository = await open({ models: ['m'] })
    const load = { on: true }
    let answered = 0
    const seen = new Set<string>()
    const client = async (): Promise<void> => {
      while (load.on) {
        const reply = await submit(repository.model('m'), 10)
        expect(valueOf(reply)).toBe(10 + Number(reply.prediction.model.version))
        seen.add(reply.prediction.model.version)
        answered++
        await turn()
      }
    }
    const clients = Array.from({ length: 8 }, client)
    for (let swap = 0; swap < 200; swap++) {
      await registry.promote('m', (swap % 2) + 1, 'champion', by)
      await repository.load('m')
      await turn()
    }
    load.on = false
    await Promise.all(clients)
    await repository.settled()
    expect(answered).toBeGreaterThan(1000)
    expect(seen).toEqual(new Set(['1', '2']))
    expect(repository.versions('m')).toHaveLength(1)
    expect(openCount).toBe(1)
    for (const family of metrics.families()) family.read()
    const series = metrics.families().map((family) => family.read().length)
    expect(Math.max(...series)).toBeLessThanOrEqual(12)
  })
})
