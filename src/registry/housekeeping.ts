import { SlipwayError } from '../core/errors.js'
import type { RegistryStore } from '../core/registry-store.js'
import type { Ledger } from './ledger.js'
import { modelNames } from './models.js'

const leftoverMs = 3_600_000

/** Removes leftovers and rolls alias files forward after a crash: what each process does when it opens a registry. */
export async function housekeep(store: RegistryStore, ledger: Ledger): Promise<void> {
  await asFarAsPossible(async () => void (await store.sweep?.(leftoverMs)))
  for (const name of await modelNames(store.records)) await asFarAsPossible(() => ledger.repair(name))
}

// A registry that may only be read can be served from; and one broken model, which says so when it is used, does not stop the others.
async function asFarAsPossible(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (thrown) {
    const expected = thrown instanceof SlipwayError && ['REGISTRY_UNAVAILABLE', 'REGISTRY_FORMAT', 'JOURNAL_BROKEN'].includes(thrown.code)
    if (!expected) throw thrown
  }
}
