import { join } from 'node:path'
import type { Executor } from '../core/ports.js'
import { loadOnnxNode } from '../drivers/onnx-node/onnx-node.js'
import type { WorkerLoad } from '../drivers/worker-process/protocol.js'
import { contentNames } from '../registry/content-path.js'
import type { GraphSignature } from './graph-facts.js'
import { type GraphChoice, openExecutor as open } from './open-executor.js'
import { versionDefinition } from './version-definition.js'

/** What a model worker is told beside the folder of its version. */
export interface VersionLoad extends GraphChoice {
  readonly name: string
  readonly hasDefinition: boolean
  readonly graph: GraphSignature
}

/** Loads a version in a model worker process; the entry that `WorkerLoad.loader` names. */
export async function openExecutor(load: WorkerLoad): Promise<Executor> {
  const { name, hasDefinition, graph, fallback } = load.parameters as unknown as VersionLoad
  const definitionPath = hasDefinition ? join(load.directory, contentNames.definition) : null
  const [sessions, definition] = await Promise.all([loadOnnxNode(), versionDefinition(name, definitionPath, graph)])
  return open({ directory: load.directory, definition, sessions, threads: load.threads, fallback, rowsIndependent: graph.rowsIndependent })
}
