import type { Predictor } from '../model/predictor.js'
import { createAccumulators } from '../monitoring/accumulators.js'
import { checkGolden } from '../serving/golden.js'
import { openLocalRegistry } from './open-local-registry.js'
import { openFeatures, versionOptions } from './open-plane.js'
import { openVersion } from './open-version.js'
import type { ScoreRequest } from './score.js'
import { openStateDir } from './state-dir.js'

/** One version inside this process, for as long as it scores. */
export interface Scorer {
  readonly predictor: Predictor
  close(): Promise<void>
}

/** Follows the alias once, checks the version and its golden examples, and opens it. Rejects with MODEL_UNKNOWN, INTEGRITY, GOLDEN_MISMATCH …. */
export async function openScorer({ model, state: folder, threads, logger }: ScoreRequest): Promise<Scorer> {
  const state = openStateDir(folder)
  const registry = await openLocalRegistry(state.registry, 'existing')
  const features = await openFeatures(state)
  const closeAll = async (): Promise<void> => {
    await features?.close()
    await registry.close()
  }
  try {
    const { name, version } = await registry.resolve(model)
    const options = { state, models: [name], isolation: 'inline', workers: null, threads, memoryLimitMb: 4096, limits: {} } as const
    const metrics = createAccumulators()
    const versions = versionOptions({ ...options, metrics, logger }, registry, features)
    const { predictor, golden } = await openVersion(versions, { name, version: String(version) })
    const close = async (): Promise<void> => {
      await predictor.close()
      await closeAll()
    }
    try {
      await checkGolden(predictor, golden)
    } catch (error) {
      await predictor.close()
      throw error
    }
    return { predictor, close }
  } catch (error) {
    await closeAll()
    throw error
  }
}
