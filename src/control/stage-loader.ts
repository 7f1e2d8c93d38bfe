import { systemClock } from '../core/clock.js'
import { SlipwayError } from '../core/errors.js'
import type { Executor } from '../core/ports.js'
import { elementCount } from '../core/tensor.js'
import { describeSignature } from '../core/signature-json.js'
import { createIdSource } from '../core/ids.js'
import { loadOnnxNode } from '../drivers/onnx-node/onnx-node.js'
import type { LoadedExecutor, WorkerLoad } from '../drivers/worker-process/protocol.js'
import type { ModelDefinition } from '../model/definition.js'
import { examplesOf } from '../model/example-rows.js'
import { createPredictor, type Predictor } from '../model/predictor.js'
import { recordGolden } from '../serving/golden.js'
import type { StoredSignature } from './graph-facts.js'
import { plainSpecs } from './graph-facts.js'
import { openExecutor as open } from './open-executor.js'
import { silentLogger } from './silent-logger.js'
import { stageFiles, type StagedFiles } from './stage-files.js'
import { type StagedModel, type StageRequest, summarise } from './staged-model.js'
import { versionDefinition } from './version-definition.js'

/** Stages a model in the trial process, runs its examples, and reports what the registry is to keep. The entry of `runTrial`. */
export async function openExecutor(load: WorkerLoad): Promise<LoadedExecutor> {
  const { request } = load.parameters as unknown as { readonly request: StageRequest }
  const files = await stageFiles(request)
  const started = performance.now()
  const sessions = await loadOnnxNode()
  const probe = await sessions.open(files.artifactPath, { threads: load.threads })
  const graph = {
    graphInputs: plainSpecs(probe.inputs),
    graphOutputs: plainSpecs(probe.outputs),
    classLabels: files.graph.classLabels?.map(String) ?? null,
  }
  await probe.close()
  const name = nameOf(request, files)
  const definition = await versionDefinition(name, files.definitionPath, graph)
  const openGraph = (fallback: number | null): Promise<Executor> =>
    open({ directory: request.directory, definition, sessions, threads: load.threads, fallback })
  const executor = await openGraph(null)
  const loadMs = performance.now() - started
  const fallbacks = await Promise.all(files.fallbacks.map((_, index) => openGraph(index)))
  const predictor = createPredictor({
    definition,
    identity: { name, version: '0', digest: 'sha256:staged' },
    executor,
    fallbackExecutors: fallbacks,
    features: null,
    clock: systemClock,
    ids: createIdSource((bytes) => crypto.getRandomValues(bytes)),
    logger: silentLogger,
  })
  const info = await examine({
    request,
    files,
    definition,
    predictor,
    signature: { ...describeSignature(definition), ...graph },
    loadMs,
    engine: sessions.engine,
  })
  return { execute: executor.execute.bind(executor), close: () => predictor.close(), info }
}

interface Examined {
  readonly request: StageRequest
  readonly files: StagedFiles
  readonly definition: ModelDefinition
  readonly predictor: Predictor
  readonly signature: StoredSignature
  readonly loadMs: number
  readonly engine: string
}

async function examine(model: Examined): Promise<StagedModel> {
  const { files, definition, predictor } = model
  const rows = trialRows(definition)
  const golden = await recordGolden(predictor, rows)
  return {
    name: predictor.identity.name,
    description: definition.description,
    hasDefinition: files.definition !== null,
    externalData: model.request.externalFiles,
    fallbacks: files.fallbacks.map((fallback) => fallback.name),
    signature: model.signature,
    golden,
    graph: summarise(files.graph),
    measured: { loadMs: model.loadMs, runMs: await measureRun(predictor, rows[0]!), engine: model.engine },
    lineage: { sourceDigest: files.sourceDigest, producer: files.graph.producer },
  }
}

/** The rows of the trial run; one made-up row where rows are large, such as pictures, since golden examples are kept as JSON. */
function trialRows(definition: ModelDefinition): readonly object[] {
  const elements = Object.values(definition.input).reduce(
    (sum, field) => sum + (field.kind === 'tensor' ? elementCount(field.shape.map((size) => size ?? 8)) : 1),
    0,
  )
  const rows = examplesOf(definition, elements > 4096 ? 1 : 8) as readonly object[]
  if (rows.length > 0) return rows
  throw new SlipwayError(
    'DEFINITION_INVALID',
    'examples: give at least one row, since values of a Standard Schema cannot be made up for the trial run',
  )
}

/** Median milliseconds of one row through the six steps, after the runs that warmed it up; fewer runs for slow models. */
async function measureRun(predictor: Predictor, row: object): Promise<number> {
  const times: number[] = []
  const end = performance.now() + 500
  while (times.length < 3 || (times.length < 21 && performance.now() < end)) {
    const builder = predictor.createBuilder()
    builder.appendRow(row)
    const { timings } = await predictor.predict(builder.build())
    times.push(timings.preprocessMs + timings.runMs + timings.postprocessMs)
  }
  return times.toSorted((a, b) => a - b)[times.length >> 1]!
}

function nameOf(request: StageRequest, files: StagedFiles): string {
  const own = request.source.kind === 'artifact' ? request.source.name : files.definition?.name
  const name = request.name ?? own
  if (name !== undefined) return name
  throw new SlipwayError('MODEL_NAME', 'the model has no name: give one with --name')
}
