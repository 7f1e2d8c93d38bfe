import { pathToFileURL } from 'node:url'
import { SlipwayError } from '../core/errors.js'
import { isModelDefinition } from '../model/define-model.js'
import type { ModelDefinition } from '../model/definition.js'
import { deriveDefinition } from '../model/derive.js'
import type { GraphSignature } from './graph-facts.js'

/** The definition of a version: its bundled module, or derived from the graph when it has none. */
export async function versionDefinition(name: string, definitionPath: string | null, graph: GraphSignature): Promise<ModelDefinition> {
  if (definitionPath !== null) return importDefinition(definitionPath)
  return deriveDefinition(name, graph.graphInputs, graph.graphOutputs, { classLabels: graph.classLabels })
}

/** The default export of a bundled definition module. */
export async function importDefinition(path: string): Promise<ModelDefinition> {
  const module = await importModule(path)
  if (isModelDefinition(module.default)) return module.default
  throw new SlipwayError('DEFINITION_LOAD', 'the module has no default export made by defineModel()')
}

async function importModule(path: string): Promise<{ readonly default?: unknown }> {
  try {
    return (await import(pathToFileURL(path).href)) as { readonly default?: unknown }
  } catch (cause) {
    if (cause instanceof Error && cause.name === 'SlipwayError') throw fromOtherCopy(cause)
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SlipwayError('DEFINITION_LOAD', `the definition threw while it was loaded: ${reason}`, { cause })
  }
}

/** A bundle carries its own copy of slipway, whose errors are of another class with the same shape. */
function fromOtherCopy(error: Error): SlipwayError {
  return new SlipwayError('DEFINITION_INVALID', error.message, { cause: error })
}
