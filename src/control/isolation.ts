import type { VersionManifest } from '../registry/manifest.js'

export type IsolationMode = 'auto' | 'inline' | 'process'

/** A run that takes longer than this would hold up every other request of the gateway. */
const shortRunMs = 2

/**
 * Where a version runs. `auto`: in the gateway process when its graph cannot iterate and a row took at most 2 ms when it was admitted,
 * else in worker processes that can be killed.
 */
export function chooseIsolation(mode: IsolationMode, manifest: Pick<VersionManifest, 'graph' | 'measured'>): 'inline' | 'process' {
  if (mode !== 'auto') return mode
  const short = manifest.measured !== null && manifest.measured.runMs <= shortRunMs
  return short && !manifest.graph.hasLoop ? 'inline' : 'process'
}
