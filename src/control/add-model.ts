import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Added, VersionContent } from '../registry/add.js'
import { contentNames, fallbackName } from '../registry/content-path.js'
import type { By } from '../registry/note.js'
import type { Registry } from '../registry/registry.js'
import type { Source } from './source.js'
import type { StagedModel } from './staged-model.js'
import { fileFailure, type StateDir } from './state-dir.js'
import { runTrial, type TrialLimits } from './trial.js'

export interface AddOptions {
  readonly by: By
  /** Name instead of the one that the source gives. */
  readonly name?: string | undefined
  readonly allowDomains?: readonly string[]
  readonly externalFiles?: readonly string[]
  readonly limits?: TrialLimits
}

/** A version that was added, or was there already. */
export interface AddedModel extends Added {
  readonly name: string
  readonly staged: StagedModel
}

/** The way in for every model: staged, gated and tried in a child process, then made a version of the registry. */
export async function addModel(state: StateDir, registry: Registry, source: Source, options: AddOptions): Promise<AddedModel> {
  const directory = join(state.staging, randomUUID())
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const request = {
      source,
      directory,
      allowDomains: options.allowDomains ?? [],
      externalFiles: options.externalFiles ?? [],
      name: options.name ?? null,
      threads: 1,
    }
    const staged = await runTrial(request, options.limits)
    const added = await registry.add(staged.name, contentOf(directory, staged), options.by)
    return { ...added, name: staged.name, staged }
  } catch (error) {
    throw fileFailure(error, 'the model cannot be staged')
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function contentOf(directory: string, staged: StagedModel): VersionContent {
  return {
    artifact: join(directory, contentNames.artifact),
    externalData: staged.externalData.map((path) => ({ path, source: join(directory, path) })),
    fallbacks: staged.fallbacks.map((name, index) => ({ name, source: join(directory, fallbackName(index)) })),
    definition: staged.hasDefinition ? join(directory, contentNames.definition) : null,
    golden: new TextEncoder().encode(JSON.stringify(staged.golden)),
    signature: staged.signature,
    graph: staged.graph,
    measured: staged.measured,
    lineage: staged.lineage,
  }
}
