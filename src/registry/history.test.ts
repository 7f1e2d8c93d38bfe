import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { by, contentOf, registryPlace } from '../../test/support/registry.js'
import { SlipwayError } from '../core/errors.js'
import type { Registry } from './registry.js'

/** The promises of versions and aliases in the plainest form: lists in memory. */
class Model {
  versions = new Map<number, string>()
  last = 0
  readonly history = new Map<string, number[]>()

  add(seed: string): number {
    const known = [...this.versions].findLast(([, content]) => content === seed)
    if (known !== undefined) return known[0]
    if (this.versions.size === 0) this.#move('champion', this.last + 1)
    this.last += 1
    this.versions.set(this.last, seed)
    this.#move('latest', this.last)
    return this.last
  }

  promote(version: number, alias: string): string | number {
    if (this.last === 0) return 'MODEL_UNKNOWN'
    if (!this.versions.has(version)) return 'VERSION_UNKNOWN'
    if (this.at(alias) !== version) this.#move(alias, version)
    return version
  }

  rollback(alias: string): string | number {
    if (this.last === 0) return 'MODEL_UNKNOWN'
    const past = this.history.get(alias)
    if (past === undefined) return 'ALIAS_UNKNOWN'
    const now = past.at(-1)
    const back = past.findLastIndex((version) => version !== now && this.versions.has(version))
    if (back < 0) return 'VERSION_UNKNOWN'
    past.length = back + 1
    return past[back] ?? 0
  }

  remove(version: number): string | number {
    if (this.last === 0) return 'MODEL_UNKNOWN'
    if (!this.versions.has(version)) return 'VERSION_UNKNOWN'
    if ([...this.history.keys()].some((alias) => this.at(alias) === version)) return 'VERSION_IN_USE'
    this.versions.delete(version)
    return version
  }

  unalias(alias: string): string | number {
    if (this.last === 0) return 'MODEL_UNKNOWN'
    return this.history.delete(alias) ? 0 : 'ALIAS_UNKNOWN'
  }

  at(alias: string): number | undefined {
    return this.history.get(alias)?.at(-1)
  }

  #move(alias: string, version: number): void {
    this.history.set(alias, [...(this.history.get(alias) ?? []), version])
  }
}

type Change =
  | { readonly kind: 'add'; readonly seed: string }
  | { readonly kind: 'promote'; readonly version: number; readonly alias: string }
  | { readonly kind: 'rollback' | 'unalias'; readonly alias: string }
  | { readonly kind: 'remove'; readonly version: number }
type Step = Change | { readonly kind: 'reopen' }

const version = fc.integer({ min: 1, max: 6 })
const alias = fc.constantFrom('champion', 'latest', 'challenger')
const kind = <const K extends string>(name: K): fc.Arbitrary<K> => fc.constant(name)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: kind('add'), seed: fc.constantFrom('a', 'b', 'c', 'd', 'e') }) },
  { weight: 4, arbitrary: fc.record({ kind: kind('promote'), version, alias }) },
  { weight: 4, arbitrary: fc.record({ kind: kind('rollback'), alias }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('remove'), version }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('unalias'), alias }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('reopen') }) },
)

async function perform(registry: Registry, change: Change): Promise<string | number> {
  try {
    switch (change.kind) {
      case 'add':
        return (await registry.add('fraud', contentOf(change.seed), by)).version
      case 'promote':
        return (await registry.promote('fraud', change.version, change.alias, by)).target.version
      case 'rollback':
        return (await registry.rollback('fraud', change.alias, by)).target.version
      case 'remove':
        await registry.remove('fraud', change.version, by)
        return change.version
      case 'unalias':
        await registry.unalias('fraud', change.alias, by)
        return 0
    }
  } catch (thrown) {
    if (thrown instanceof SlipwayError) return thrown.code
    throw thrown
  }
}

function expected(model: Model, change: Change): string | number {
  switch (change.kind) {
    case 'add':
      return model.add(change.seed)
    case 'promote':
      return model.promote(change.version, change.alias)
    case 'rollback':
      return model.rollback(change.alias)
    case 'remove':
      return model.remove(change.version)
    case 'unalias':
      return model.unalias(change.alias)
  }
}

describe('any history of a registry', () => {
  it('answers as lists in memory would, is the same to other processes and after a restart, and verifies', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const place = await registryPlace()
        let registry = await place.open()
        const model = new Model()
        for (const each of steps) {
          if (each.kind === 'reopen') {
            registry = await place.open()
            continue
          }
          expect(await perform(registry, each)).toBe(expected(model, each))
        }
        const other = await place.open()
        const shown = await other.list()
        const aliases = Object.fromEntries([...model.history.keys()].map((name) => [name, model.at(name)]))
        const empty = model.versions.size === 0 && model.history.size === 0
        expect(shown.map(({ versions }) => versions)).toEqual(empty ? [] : [[...model.versions.keys()]])
        expect(shown.map((each) => each.aliases)).toEqual(empty ? [] : [aliases])
        await other.gc({ graceMs: -1000 })
        expect((await other.verify()).findings).toEqual([])
        await place.remove()
      }),
      { numRuns: 40 },
    )
  })
})
