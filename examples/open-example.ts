import { readFile } from 'node:fs/promises'
import { stripZipMap } from '../src/artifact/strip-zip-map.js'
import { systemClock } from '../src/core/clock.js'
import type { Fields } from '../src/core/field.js'
import { createIdSource } from '../src/core/ids.js'
import type { Executor, FeatureStore, ModelSession } from '../src/core/ports.js'
import { isFallbackModel } from '../src/model/check-definition.js'
import type { FallbackModel, ModelDefinition } from '../src/model/definition.js'
import type { ExecutableDefinition } from '../src/model/execution-plan.js'
import { fallbackDefinition } from '../src/model/execution-plan.js'
import { createLocalExecutor } from '../src/model/local-executor.js'
import { createPredictor } from '../src/model/predictor.js'
import type { Predictor } from '../src/model/predictor.js'
import { openSession } from '../test/fixtures/open-session.js'

/** What `train.py` wrote: rows with the answers of the framework that the model was trained in. */
export interface GoldenFile<Row, Output> {
  /** Numbers may differ by so much. */
  readonly tolerance: number
  readonly rows: readonly { readonly input: Row; readonly output: Output }[]
}

export interface ExampleOptions {
  readonly features?: FeatureStore
  /** Graphs of the example that are not there any more when they are asked. */
  readonly broken?: readonly string[]
}

/** The predictor of an example on the real engine, with its fallback models. Without its deadline, as a test machine may be slow. */
export async function openExample<I extends Fields, O extends Fields>(
  folder: URL,
  definition: ModelDefinition<I, O>,
  { features, broken = [] }: ExampleOptions = {},
): Promise<Predictor<I, O>> {
  const { deadlineMs: _, ...guard } = definition.guard
  const plain = definition as unknown as ModelDefinition
  const models = plain.fallback.filter((step): step is FallbackModel<Fields, Fields> => isFallbackModel(step))
  const open = async (executable: ExecutableDefinition, artifact: string): Promise<Executor> => {
    const session = await openGraph(new URL(artifact, folder))
    const executor = createLocalExecutor(executable, session, { clock: systemClock })
    if (broken.includes(artifact)) await session.close()
    return executor
  }
  return createPredictor({
    definition: { ...definition, guard },
    identity: { name: definition.name, version: '1', digest: 'sha256:example' },
    executor: await open(plain, plain.artifact),
    fallbackExecutors: await Promise.all(models.map((model) => open(fallbackDefinition(plain, model), model.artifact))),
    features: features ?? null,
    clock: systemClock,
    ids: createIdSource((bytes) => crypto.getRandomValues(bytes)),
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    fallbackTimeoutMs: 20_000,
  })
}

/** A session on the ONNX file of an example, its ZipMap taken out as when it is added to a registry. */
export async function openGraph(file: URL): Promise<ModelSession> {
  return openSession(stripZipMap(await readFile(file)))
}

export async function readGolden<Row, Output>(file: URL): Promise<GoldenFile<Row, Output>> {
  return JSON.parse(await readFile(file, 'utf8')) as GoldenFile<Row, Output>
}
