import { systemClock } from '../core/clock.js'
import type { ServedModel } from '../serving/data-plane.js'
import { checkGolden } from '../serving/golden.js'
import { type OpenedVersion, ServedVersion, type ServingParts } from '../serving/served-version.js'
import { openLocalRegistry } from './open-local-registry.js'
import { openFeatures, type PlaneOptions, versionOptions } from './open-plane.js'
import { openVersion } from './open-version.js'

/** One version that never changes, opened for as long as its user wants it. */
export interface PinnedVersion {
  current(): ServedModel
  close(): Promise<void>
}

/** Opens `fraud@3` or `fraud@sha256:…`: no alias is followed. */
export async function openPinned(reference: string, options: PlaneOptions): Promise<PinnedVersion> {
  const registry = await openLocalRegistry(options.state.registry, 'existing')
  const features = options.features ?? (await openFeatures(options.state))
  const closeAll = async (): Promise<void> => {
    if (options.features === undefined) await features?.close()
    await registry.close()
  }
  try {
    const { name, version } = await registry.resolve(reference)
    const opened = await openVersion(versionOptions(options, registry, features), { name, version: String(version) })
    const { metrics, logger, limits } = options
    const served = await serveChecked(opened, { clock: systemClock, metrics, logger, limits })
    const close = async (): Promise<void> => {
      await served.retire(() => null)
      await closeAll()
    }
    return { current: () => served, close }
  } catch (error) {
    await closeAll()
    throw error
  }
}

/** A version that fails its check leaves no session and no worker process behind. */
async function serveChecked(opened: OpenedVersion, parts: ServingParts): Promise<ServedVersion> {
  try {
    await checkGolden(opened.predictor, opened.golden)
    const served = new ServedVersion(opened, parts)
    await served.warmUp()
    return served
  } catch (error) {
    await opened.predictor.close()
    throw error
  }
}
