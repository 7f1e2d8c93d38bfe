import { systemClock } from '../core/clock.js'
import { SlipwayError } from '../core/errors.js'
import type { Executor } from '../core/ports.js'
import { describeSignature } from '../core/signature-json.js'
import { createIdSource } from '../core/ids.js'
import { loadOnnxNode } from '../drivers/onnx-node/onnx-node.js'
import type { LoadedExecutor, WorkerLoad } from '../drivers/worker-process/protocol.js'
import { createPredictor } from '../model/predictor.js'
import type { StoredSignature } from './graph-facts.js'
import { plainSpecs } from './graph-facts.js'
import { openExecutor as open } from './open-executor.js'
import { silentLogger } from './silent-logger.js'
import { stageFiles, type StagedFiles } from './stage-files.js'
import { type StagedModel, type StageRequest, summarise } from './staged-model.js'
import { fileFailure } from './state-dir.js'
import { tryModel } from './try-model.js'
import { versionDefinition } from './version-definition.js'

/** Stages a model in the trial process, runs its examples, and reports what the registry is to keep. The entry of `runTrial`. */
export async function openExecutor(load: WorkerLoad): Promise<LoadedExecutor> {
  const { request } = load.parameters as unknown as { readonly request: StageRequest }
  const files = await stageFiles(request).catch((error: unknown) => {
    throw fileFailure(error, 'the model cannot be staged')
  })
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
  const definition = await versionDefinition(name, files.definitionPath, { ...graph, rowsIndependent: true })
  const openGraph = (fallback: number | null): Promise<Executor> =>
    open({ directory: request.directory, definition, sessions, threads: load.threads, fallback, rowsIndependent: true })
  const executor = await openGraph(null)
  const loadMs = performance.now() - started
  const predictor = createPredictor({
    definition,
    identity: { name, version: '0', digest: 'sha256:staged' },
    executor,
    fallbackExecutors: await Promise.all(files.fallbacks.map((_, index) => openGraph(index))),
    features: null,
    clock: systemClock,
    ids: createIdSource((bytes) => crypto.getRandomValues(bytes)),
    logger: silentLogger,
  })
  const trial = await tryModel(predictor)
  const info: StagedModel = {
    name,
    description: definition.description,
    hasDefinition: files.definition !== null,
    externalData: request.externalFiles,
    fallbacks: files.fallbacks.map((fallback) => fallback.name),
    signature: { ...describeSignature(definition), ...graph, rowsIndependent: trial.rowsIndependent } satisfies StoredSignature,
    golden: trial.golden,
    graph: summarise(files.graph),
    measured: trial.runMs === null ? null : { loadMs, runMs: trial.runMs, engine: sessions.engine },
    lineage: { sourceDigest: files.sourceDigest, producer: files.graph.producer },
  }
  return { execute: executor.execute.bind(executor), close: () => predictor.close(), info }
}

function nameOf(request: StageRequest, files: StagedFiles): string {
  const own = request.source.kind === 'artifact' ? request.source.name : files.definition?.name
  const name = request.name ?? own
  if (name !== undefined) return name
  throw new SlipwayError('MODEL_NAME', 'the model has no name: give one with --name')
}
