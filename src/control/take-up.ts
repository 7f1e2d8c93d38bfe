import { existsSync } from 'node:fs'
import type { By } from '../registry/note.js'
import type { Registry } from '../registry/registry.js'
import { addModel, type AddedModel, type AddOptions } from './add-model.js'
import { findSources, type Source } from './source.js'
import type { StateDir } from './state-dir.js'
import { openLocalRegistry } from './open-local-registry.js'

/** What a command line names: models on disk, which are added first, and models of the registry. */
export interface TakenUp {
  /** Names to serve; null for all of the registry. */
  readonly names: readonly string[] | null
  readonly added: readonly AddedModel[]
}

export interface TakeUpOptions extends Omit<AddOptions, 'by'> {
  readonly by: By
  /** Whether `champion` moves to what is added. */
  readonly promote: boolean
  /** Told before each model on disk is tried, which may take a while. */
  readonly onTrial?: (source: Source) => void
}

/**
 * Sorts arguments into paths and names of the registry. Models on disk go through the gate into the registry; with `promote`, `champion`
 * moves to them: who starts a server from a file wants that file served.
 */
export async function takeUp(state: StateDir, args: readonly string[], options: TakeUpOptions): Promise<TakenUp> {
  if (args.length === 0) return { names: null, added: [] }
  const registry = await openLocalRegistry(state.registry)
  try {
    const names: string[] = []
    const added: AddedModel[] = []
    for (const arg of args) {
      if (!isPath(arg)) {
        names.push((await registry.resolve(arg)).name)
        continue
      }
      for (const source of await findSources(arg)) {
        options.onTrial?.(source)
        const model = await addModel(state, registry, source, options)
        if (options.promote) await promote(registry, model, options.by)
        added.push(model)
        names.push(model.name)
      }
    }
    return { names: [...new Set(names)], added }
  } finally {
    await registry.close()
  }
}

async function promote(registry: Registry, { name, version }: AddedModel, by: By): Promise<void> {
  const champion = await registry.resolve(`${name}@champion`)
  if (champion.version !== version) await registry.promote(name, version, 'champion', by)
}

/** `fraud` and `fraud@3` are names of the registry; `./fraud`, `fraud.onnx` and `examples/fraud` are paths, and so is what lies here under that name. */
function isPath(arg: string): boolean {
  return /[/\\]|\.(?:onnx|m?[jt]s)$/.test(arg) || existsSync(arg)
}
