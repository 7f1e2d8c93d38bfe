import { randomUUID } from 'node:crypto'
import { systemClock } from '../../src/core/clock.js'
import type { FeatureStore, Logger } from '../../src/core/ports.js'
import { createLocalExecutor } from '../../src/model/local-executor.js'
import { deriveDefinition } from '../../src/model/derive.js'
import type { ModelDefinition } from '../../src/model/definition.js'
import { createPredictor } from '../../src/model/predictor.js'
import { createAccumulators } from '../../src/monitoring/accumulators.js'
import { openModelRepository, type ModelRepository } from '../../src/serving/model-repository.js'
import type { ServingLimits } from '../../src/serving/served-version.js'
import { openSession } from '../fixtures/open-session.js'
import { by, contentOf, registryPlace } from './registry.js'
import type { Registry } from '../../src/registry/registry.js'

/** A model to serve: its ONNX bytes, and its definition where it has one. */
export interface ModelToServe {
  readonly bytes: Uint8Array
  readonly definition?: ModelDefinition
  readonly features?: FeatureStore
}

/** Real models behind a real data plane, over a registry in a folder of its own. */
export interface ServedModels {
  readonly plane: ModelRepository
  readonly registry: Registry
  /** Makes a next version of a model. */
  add(name: string, model: ModelToServe): Promise<void>
  close(): Promise<void>
}

export const quietLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** Serves models by name, each as version 1 under the alias `champion`, in this process. */
export async function serveModels(models: Readonly<Record<string, ModelToServe>>, limits: ServingLimits = {}): Promise<ServedModels> {
  const place = await registryPlace()
  const registry = await place.open()
  const versions = new Map<string, ModelToServe>()

  async function add(name: string, model: ModelToServe): Promise<void> {
    const { version } = await registry.add(name, contentOf(randomUUID(), { artifact: model.bytes }), by)
    versions.set(`${name}@${version}`, model)
  }
  for (const [name, model] of Object.entries(models)) await add(name, model)

  const plane = await openModelRepository({
    registry,
    clock: systemClock,
    metrics: createAccumulators(),
    logger: quietLogger,
    limits,
    async openVersion({ name, version }) {
      const { bytes, definition: given, features = null } = versions.get(`${name}@${version}`)!
      const session = await openSession(bytes)
      const definition = given ?? deriveDefinition(name, session.inputs, session.outputs)
      const identity = { name, version, digest: (await registry.resolve(`${name}@${version}`)).digest }
      return {
        predictor: createPredictor({
          definition,
          identity,
          executor: createLocalExecutor(definition, session, { clock: systemClock }),
          features,
          clock: systemClock,
          ids: randomUUID,
          logger: quietLogger,
        }),
        graphInputs: session.inputs,
        graphOutputs: session.outputs,
        engine: 'onnxruntime-node',
        maxBatchRows: 8192,
        isolation: 'inline',
        concurrency: 1,
        golden: null,
      }
    },
  })
  return {
    plane,
    registry,
    add,
    async close() {
      await plane.close()
      await registry.close()
      await place.remove()
    },
  }
}
