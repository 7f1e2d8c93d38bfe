import { systemClock } from '../core/clock.js'
import type { Executor, FeatureStore, Logger, SessionFactory } from '../core/ports.js'
import { createWorkerPool } from '../drivers/worker-process/worker-pool.js'
import { batchRule } from '../model/batch-rule.js'
import type { ModelDefinition } from '../model/definition.js'
import { createPredictor } from '../model/predictor.js'
import type { MetricsSink } from '../monitoring/metrics-sink.js'
import { createWorkerMetrics } from '../monitoring/worker-metrics.js'
import type { Checkout } from '../registry/checkout.js'
import type { Measured } from '../registry/manifest.js'
import type { Registry } from '../registry/registry.js'
import type { VersionRef } from '../serving/model-entry.js'
import type { OpenedVersion } from '../serving/served-version.js'
import type { StoredSignature } from './graph-facts.js'
import { chooseIsolation, type IsolationMode } from './isolation.js'
import { fallbackModels, openExecutor } from './open-executor.js'
import { versionDefinition } from './version-definition.js'
import type { VersionLoad } from './version-loader.js'
import { workerEntry } from './worker-entry.js'

export interface VersionOptions {
  readonly registry: Registry
  /** Folder for verified copies. */
  readonly checkouts: string
  readonly isolation: IsolationMode
  /** Worker processes of a version that runs in processes. */
  readonly workers: number
  /** Threads inside one run. */
  readonly threads: number
  readonly memoryLimitMb: number
  readonly sessions: () => Promise<SessionFactory>
  readonly features: FeatureStore | null
  readonly ids: () => string
  readonly logger: Logger
  readonly metrics: MetricsSink
}

/** Rows that one frame gathers at most; a single request with more is a frame of its own. */
const frameRows = 256
/** What a frame may take of the gateway's time, by the time that one row took. */
const inlineFrameMs = 20
const startTimeoutMs = 120_000

interface Opening {
  readonly options: VersionOptions
  readonly ref: VersionRef
  readonly checkout: Checkout
  readonly definition: ModelDefinition
  readonly graph: StoredSignature
  readonly isolation: 'inline' | 'process'
}

/** Checks a version out of the registry, byte by byte, and makes it ready to predict: in this process or behind worker processes. */
export async function openVersion(options: VersionOptions, ref: VersionRef): Promise<OpenedVersion> {
  const resolved = await options.registry.resolve(`${ref.name}@${ref.version}`)
  const checkout = await options.registry.checkout(resolved.digest, options.checkouts)
  const graph = checkout.manifest.signature as StoredSignature
  const definition = await versionDefinition(ref.name, checkout.definitionPath, graph)
  const isolation = chooseIsolation(options.isolation, { ...checkout.manifest, signature: graph })
  const opening: Opening = { options, ref, checkout, definition, graph, isolation }
  const executors = await openAll([null, ...fallbackModels(definition).keys()].map((fallback) => () => openGraph(opening, fallback)))
  const [executor, ...fallbackExecutors] = executors as [Executor, ...Executor[]]
  const identity = { name: ref.name, version: String(resolved.version), digest: resolved.digest }
  const { features, ids, logger } = options
  const predictor = createPredictor({ definition, identity, executor, fallbackExecutors, features, clock: systemClock, ids, logger })
  return {
    predictor,
    graphInputs: graph.graphInputs,
    graphOutputs: graph.graphOutputs,
    engine: checkout.manifest.measured?.engine ?? 'onnxruntime-node',
    maxBatchRows: maxBatchRows(graph, isolation === 'inline' ? checkout.manifest.measured : null),
    isolation,
    concurrency: isolation === 'inline' ? 1 : options.workers,
    golden: checkout.golden,
  }
}

/** Opens one after another; when one fails, those before it are closed again. */
async function openAll(opens: readonly (() => Promise<Executor>)[]): Promise<readonly Executor[]> {
  const opened: Executor[] = []
  try {
    for (const open of opens) opened.push(await open())
    return opened
  } catch (error) {
    await Promise.allSettled(opened.map((executor) => executor.close()))
    throw error
  }
}

async function openGraph(opening: Opening, fallback: number | null): Promise<Executor> {
  const { options, checkout, definition } = opening
  if (opening.isolation === 'process') return openPool(opening, fallback)
  return openExecutor({
    directory: checkout.dir,
    definition,
    sessions: await options.sessions(),
    threads: options.threads,
    fallback,
    rowsIndependent: opening.graph.rowsIndependent,
  })
}

/** A fallback model gets one process and no spare: it answers seldom. */
async function openPool({ options, ref, checkout, graph }: Opening, fallback: number | null): Promise<Executor> {
  const label = { model: ref.name, version: ref.version }
  const parameters: VersionLoad = { name: ref.name, hasDefinition: checkout.definitionPath !== null, graph, fallback }
  const observer = createWorkerMetrics(options.metrics, label)
  const pool = await createWorkerPool({
    entry: workerEntry,
    load: {
      directory: checkout.dir,
      threads: options.threads,
      loader: new URL('./version-loader.js', import.meta.url).href,
      parameters: { ...parameters },
    },
    workers: fallback === null ? options.workers : 1,
    spares: fallback === null ? 1 : 0,
    memoryLimitMb: options.memoryLimitMb,
    startTimeoutMs,
    logger: options.logger,
    label,
    observer,
  })
  observer.trackMemory(() => pool.residentBytes())
  return {
    execute: (frame, run) => pool.execute(frame, run),
    close: async () => {
      await pool.close()
      observer.retire()
    },
  }
}

/** Rows of a frame: as many as keep a frame short where it holds up the gateway. */
function maxBatchRows(graph: StoredSignature, inline: Measured | null): number {
  if (!graph.rowsIndependent || batchRule(graph.graphInputs, graph.graphOutputs).kind !== 'free') return 1
  if (inline === null || inline.runMs <= 0) return frameRows
  return Math.min(frameRows, Math.max(1, Math.floor(inlineFrameMs / inline.runMs)))
}
