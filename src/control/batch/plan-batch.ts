import { join } from 'node:path'
import type { TableType } from '../../core/table.js'
import type { BatchRequest } from '../../targets/batch/batch-request.js'
import { fingerprintOf, type RunIdentity } from '../../targets/batch/run-identity.js'
import type { StateDir } from '../state-dir.js'
import { inputFiles } from './input-files.js'
import { resolveModel } from './resolve-model.js'
import { storedRuns } from './run-folder.js'
import { allPartitions, checkpointOf, identityOf, setUp, sinkSpecOf } from './run-setup.js'
import { withoutPassword } from './source-url.js'

/** What a run would read and write. */
export interface BatchPlan {
  readonly model: RunIdentity['model']
  readonly fingerprint: string
  /** Whether the run is new, goes on with one, is complete, or is refused for one that differs. */
  readonly state: string
  readonly files: readonly string[]
  readonly bytes: number
  readonly partitions: number
  /** Each input of the model, and the column that it is read from; null where the source has none. */
  readonly inputs: readonly { readonly input: string; readonly kind: string; readonly column: string | null; readonly needed: string }[]
  /** Columns of the source that nothing reads. */
  readonly unused: readonly string[]
  readonly output: readonly { readonly name: string; readonly type: TableType }[]
  readonly to: string
}

/** Looks at the source and the model without scoring a row. Rejects as the run would: SOURCE_SCHEMA, CONFIG_INVALID …. */
export async function planBatch(state: StateDir, request: BatchRequest, cwd: string): Promise<BatchPlan> {
  sinkSpecOf(request, cwd)
  const model = await resolveModel(state, request.model)
  const checkpoint = checkpointOf(request, cwd)
  const spool = join(state.root, 'spool', checkpoint)
  const files = await inputFiles(request, { cwd, spool, signal: new AbortController().signal, stdin: process.stdin, progress: () => {} })
  const setup = await setUp(request, files, model)
  const fingerprint = fingerprintOf(identityOf(request, model.identity, files, setup))
  let partitions = 0
  for await (const _ of allPartitions(files, setup.partitionRows)) partitions++
  const columns = setup.columns?.map(({ name }) => name) ?? null
  const read = new Set([...setup.carry, ...Object.keys(model.definition.input).map((input) => setup.columnOf[input] ?? input)])
  return {
    model: model.identity,
    fingerprint,
    state: await stateOf(state, checkpoint, fingerprint),
    files: files.map((file) => file.name),
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    partitions,
    inputs: Object.entries(model.definition.input).map(([input, field]) => {
      const column = setup.columnOf[input] ?? input
      const there = columns === null || columns.includes(column)
      return { input, kind: field.kind, column: there ? column : null, needed: field.optional ? 'optional' : 'yes' }
    }),
    unused: columns?.filter((name) => !read.has(name)) ?? [],
    output: setup.layout.columns.map(({ name, type }) => ({ name, type })),
    to: withoutPassword(request.to),
  }
}

async function stateOf(state: StateDir, checkpoint: string, fingerprint: string): Promise<string> {
  const runs = (await storedRuns(state)).filter(({ start }) => start.checkpoint === checkpoint)
  const unfinished = runs.find(({ report }) => report?.state !== 'completed')
  if (unfinished !== undefined) {
    return unfinished.start.fingerprint === fingerprint
      ? `goes on with ${unfinished.start.run}`
      : `refused: ${unfinished.start.run} is unfinished and differs`
  }
  const complete = runs.find(({ start }) => start.fingerprint === fingerprint)
  return complete === undefined ? 'new' : `complete: ${complete.start.run}`
}
