import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { systemClock } from '../core/clock.js'
import { createIdSource } from '../core/ids.js'
import type { FeatureStore, Logger, SessionFactory } from '../core/ports.js'
import { loadOnnxNode } from '../drivers/onnx-node/onnx-node.js'
import { openSqliteFeatureStore } from '../drivers/sqlite/feature-store.js'
import type { MetricsSink } from '../monitoring/metrics-sink.js'
import type { Registry } from '../registry/registry.js'
import { type ModelRepository, openModelRepository } from '../serving/model-repository.js'
import type { ServingLimits } from '../serving/served-version.js'
import type { IsolationMode } from './isolation.js'
import { openLocalRegistry } from './open-local-registry.js'
import { openVersion, type VersionOptions } from './open-version.js'
import type { StateDir } from './state-dir.js'

export interface PlaneOptions {
  readonly state: StateDir
  /** Models to serve; all of the registry, and those added later, when null. */
  readonly models: readonly string[] | null
  readonly isolation: IsolationMode
  /** Worker processes of each version that runs in processes; null for one. */
  readonly workers: number | null
  /** Threads inside one run; null for one. */
  readonly threads: number | null
  readonly memoryLimitMb: number
  readonly limits: ServingLimits
  /** A feature store other than the SQLite file of the state folder. */
  readonly features?: FeatureStore
  readonly metrics: MetricsSink
  readonly logger: Logger
}

/** The data plane over a state folder, with the registry beneath it. */
export interface OpenPlane {
  readonly repository: ModelRepository
  readonly registry: Registry
  /** Answers what was taken, then closes models, features and registry. */
  close(): Promise<void>
}

/** Opens the registry of a state folder and makes its models ready to predict: what servers and embedded models stand on. */
export async function openPlane(options: PlaneOptions): Promise<OpenPlane> {
  const { state, models, metrics, logger } = options
  const registry = await openLocalRegistry(state.registry)
  const features = options.features ?? (await openFeatures(state))
  const versions = versionOptions(options, registry, features)
  const parts = {
    clock: systemClock,
    metrics,
    logger,
    limits: options.limits,
    openVersion: (ref: Parameters<typeof openVersion>[1]) => openVersion(versions, ref),
  }
  const repository = await openModelRepository({ ...parts, registry, ...(models === null ? {} : { models }) })
  const close = async (): Promise<void> => {
    await repository.close()
    if (options.features === undefined) await features?.close()
    await registry.close()
  }
  return { repository, registry, close }
}

/** How the versions of a plane are opened. */
export function versionOptions(options: PlaneOptions, registry: Registry, features: FeatureStore | null): VersionOptions {
  const { state, isolation, memoryLimitMb, logger, metrics } = options
  let sessions: Promise<SessionFactory> | null = null
  return {
    registry,
    checkouts: state.checkouts,
    isolation,
    workers: options.workers ?? 1,
    threads: Math.min(options.threads ?? 1, availableParallelism()),
    memoryLimitMb,
    sessions: () => (sessions ??= loadOnnxNode()),
    features,
    ids: createIdSource((bytes) => crypto.getRandomValues(bytes)),
    logger,
    metrics,
  }
}

/** The feature tables of the state folder; null when there are none. */
export async function openFeatures(state: StateDir): Promise<FeatureStore | null> {
  return existsSync(state.features) ? openSqliteFeatureStore({ path: state.features, readonly: true }) : null
}
