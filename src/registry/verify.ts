import type { RegistryStore } from '../core/registry-store.js'
import type { Finding, Problem } from './finding.js'
import type { Ledger } from './ledger.js'
import { modelNames } from './models.js'
import { checkKnown } from './resolve.js'
import { contentCheck, type ContentCheck } from './verify-content.js'
import { verifyAliases, verifyJournal } from './verify-journal.js'

/** What was checked, and what was found. The registry is sound when `findings` is empty. */
export interface VerifyReport {
  readonly models: number
  readonly versions: number
  /** Journal entries. */
  readonly entries: number
  readonly blobs: number
  /** Of the blobs. */
  readonly bytes: number
  readonly findings: readonly Finding[]
}

/**
 * Reads everything again: every journal, alias and manifest, and the digest of every blob; of the model `only`, or of all models and
 * what no version uses. Others may change the registry meanwhile.
 */
export async function verifyRegistry(store: RegistryStore, ledger: Ledger, only?: string): Promise<VerifyReport> {
  const content = contentCheck(store)
  const names = only === undefined ? await modelNames(store.records) : [only]
  const findings: Finding[] = []
  let [versions, entries] = [0, 0]
  for (const model of names) {
    const found = await verifyModel(store, ledger, content, model)
    versions += found.versions
    entries += found.entries
    findings.push(...found.problems.map((problem) => ({ model, ...problem })))
  }
  if (only !== undefined && findings.length === 0) checkKnown(await ledger.head(only))
  if (only === undefined) findings.push(...(await content.unused()).map((problem) => ({ model: null, ...problem })))
  return { models: names.length, versions, entries, ...content.counts(), findings }
}

interface ModelReport {
  readonly versions: number
  readonly entries: number
  readonly problems: readonly Problem[]
}

async function verifyModel(store: RegistryStore, ledger: Ledger, content: ContentCheck, model: string): Promise<ModelReport> {
  const { head, problems: broken } = await verifyJournal(store.records, model)
  // Where the journal is broken, there is nothing to compare the alias files with.
  const problems = broken.some(({ code }) => code === 'JOURNAL_BROKEN')
    ? [...broken]
    : [...broken, ...(await verifyAliases(store.records, head))]
  for (const [version, { digest }] of Object.entries(head.versions)) {
    const found = await content.version(digest)
    // What was removed and collected while we were reading is not wrong.
    const gone = found.length > 0 && broken.length === 0 && !Object.hasOwn((await ledger.head(model)).versions, version)
    if (!gone) problems.push(...found)
  }
  return { versions: Object.keys(head.versions).length, entries: head.seq, problems }
}
