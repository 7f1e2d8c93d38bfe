import { SlipwayError } from '../core/errors.js'
import { createIdSource } from '../core/ids.js'
import type { FeatureStore, Logger } from '../core/ports.js'
import { createAccumulators } from '../monitoring/accumulators.js'
import { parseReference } from '../registry/reference.js'
import type { ServedModel } from '../serving/data-plane.js'
import { createEmbeddedModel, type EmbeddedModel, type InputOf, type OutputFieldsOf } from '../targets/embedded/embedded-model.js'
import type { IsolationMode } from './isolation.js'
import { openPinned } from './open-pinned.js'
import { type OpenPlane, openPlane, type PlaneOptions } from './open-plane.js'
import { silentLogger } from './silent-logger.js'
import { openStateDir } from './state-dir.js'

export interface OpenOptions {
  /** State folder of slipway; `.slipway` when left out. */
  readonly state?: string
  /** Folder of the registry; `registry` in the state folder when left out. */
  readonly registry?: string
  /** `inline` (when left out): in this process, whose event loop a run blocks; `process`: in worker processes; `auto`: by what was measured. */
  readonly isolation?: IsolationMode
  /** Worker processes, and threads inside one run; one each when left out. */
  readonly workers?: number
  readonly threads?: number
  /** Where features are gathered from; the SQLite file of the state folder, if there is one, when left out. */
  readonly features?: FeatureStore
  /** Hears of versions taken up and of failures; nobody when left out. */
  readonly logger?: Logger
}

/**
 * Opens a model of the registry inside this process: `fraud` (its champion), `fraud@challenger`, `fraud@3` or `fraud@sha256:…`. When it is
 * named by alias, it follows the alias: a promotion or rollback made by anybody is taken up within a second, without a lost call.
 * Rejects with MODEL_UNKNOWN, ALIAS_UNKNOWN, VERSION_UNKNOWN, INTEGRITY, GOLDEN_MISMATCH ….
 */
export async function open<D = unknown>(
  reference: string,
  options: OpenOptions = {},
): Promise<EmbeddedModel<InputOf<D>, OutputFieldsOf<D>>> {
  const { name, selector } = parseReference(reference)
  const ids = createIdSource((bytes) => crypto.getRandomValues(bytes))
  const settings = planeOptions(name, options)
  if (selector.kind === 'version' || selector.kind === 'digest')
    return createEmbeddedModel({ ...(await openPinned(reference, settings)), ids })
  const plane = await openPlane(settings)
  const alias = selector.kind === 'alias' ? { alias: selector.alias } : {}
  const current = (): ServedModel => plane.repository.model(name, alias)
  try {
    current()
  } catch (error) {
    const reason = await reasonOf(plane, name)
    await plane.close()
    throw reason === null || !(error instanceof SlipwayError)
      ? error
      : new SlipwayError(error.code, `${error.message}: ${reason}`, { cause: error })
  }
  return createEmbeddedModel({ current, close: () => plane.close(), ids })
}

/** Why a version of the model cannot be served; null when none failed. */
async function reasonOf({ repository }: OpenPlane, name: string): Promise<string | null> {
  const entries = await repository.index()
  return entries.find((entry) => entry.name === name && entry.state === 'UNAVAILABLE' && entry.reason !== '')?.reason ?? null
}

function planeOptions(name: string, options: OpenOptions): PlaneOptions {
  const state = openStateDir(options.state ?? '.slipway')
  return {
    state: options.registry === undefined ? state : { ...state, registry: options.registry },
    models: [name],
    isolation: options.isolation ?? 'inline',
    workers: options.workers ?? null,
    threads: options.threads ?? null,
    memoryLimitMb: 4096,
    limits: {},
    ...(options.features === undefined ? {} : { features: options.features }),
    metrics: createAccumulators(),
    logger: options.logger ?? silentLogger,
  }
}
