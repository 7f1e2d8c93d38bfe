import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { SlipwayError } from '../../core/errors.js'
import type { BatchRequest } from '../../targets/batch/batch-request.js'
import type { RunIdentity } from '../../targets/batch/run-identity.js'
import type { RunReport } from '../../targets/batch/run-report.js'
import type { StateDir } from '../state-dir.js'
import { readJson, writeDurable } from './durable-json.js'

/** What a run is, written before its first row and never changed. */
export interface RunStart {
  readonly run: string
  /** Names the output and logical time: runs of one checkpoint go on from each other. */
  readonly checkpoint: string
  readonly fingerprint: string
  readonly identity: RunIdentity
  readonly request: BatchRequest
  /** Folder that relative paths of the request start from. */
  readonly cwd: string
  readonly startedAt: string
}

/** The folder of a run: `run.json`, `report.json`, `report.html`, `quarantine.jsonl`. */
export function runFolder(state: StateDir, run: string): string {
  return join(state.root, 'runs', run)
}

/** Makes the folder of a new run. */
export async function createRun(state: StateDir, start: RunStart): Promise<void> {
  const folder = runFolder(state, start.run)
  await mkdir(join(folder, 'quarantine'), { recursive: true, mode: 0o700 })
  await writeDurable(join(folder, 'run.json'), JSON.stringify(start, null, 1))
}

export async function writeReport(state: StateDir, report: RunReport): Promise<void> {
  await writeDurable(join(runFolder(state, report.run), 'report.json'), JSON.stringify(report))
}

/** A run as it began and as it stands. */
export interface StoredRun {
  readonly start: RunStart
  readonly report: RunReport | null
}

/** Every run of a state folder, newest first. */
export async function storedRuns(state: StateDir): Promise<readonly StoredRun[]> {
  const names = await readdir(join(state.root, 'runs')).catch(() => [])
  const runs = await Promise.all(names.map((name) => readRun(state, name)))
  return runs.filter((run) => run !== null).toSorted((a, b) => (a.start.startedAt < b.start.startedAt ? 1 : -1))
}

/** One run; null when there is none of that name. */
export async function readRun(state: StateDir, run: string): Promise<StoredRun | null> {
  if (!/^[a-z0-9-]+$/.test(run)) return null
  const folder = runFolder(state, run)
  const start = (await readJson(join(folder, 'run.json'))) as RunStart | null
  if (start === null) return null
  return { start, report: (await readJson(join(folder, 'report.json'))) as RunReport | null }
}

/** One run by its id, or by the first letters of it; `latest` is the newest. RUN_UNKNOWN when there is none, or more than one. */
export async function findRun(state: StateDir, name: string): Promise<StoredRun> {
  const runs = await storedRuns(state)
  const found = name === 'latest' ? runs.slice(0, 1) : runs.filter(({ start }) => start.run === name || start.run.startsWith(name))
  const exact = found.find(({ start }) => start.run === name)
  if (exact !== undefined) return exact
  if (found.length === 1) return found[0]!
  throw new SlipwayError(
    'RUN_UNKNOWN',
    found.length === 0 ? `no run ${JSON.stringify(name)}` : `${found.length} runs begin with ${JSON.stringify(name)}`,
  )
}

/** The reports of every run that has one, newest first. */
export async function listRuns(state: StateDir): Promise<readonly RunReport[]> {
  const runs = await storedRuns(state)
  return runs.map(({ report }) => report).filter((report) => report !== null)
}

/** Forgets a run. */
export async function removeRun(state: StateDir, run: string): Promise<void> {
  await rm(runFolder(state, run), { recursive: true, force: true })
}
