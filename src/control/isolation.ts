import { batchRule, inputRowShape } from '../model/batch-rule.js'
import type { VersionManifest } from '../registry/manifest.js'
import type { GraphSignature } from './graph-facts.js'

export type IsolationMode = 'auto' | 'inline' | 'process'

/** What the choice goes by. */
export interface IsolationFacts extends Pick<VersionManifest, 'graph' | 'measured'> {
  readonly signature: Pick<GraphSignature, 'graphInputs' | 'graphOutputs'>
}

/** A run that takes longer than this would hold up every other request of the gateway. */
const shortRunMs = 2

/**
 * Where a version runs. `auto`: in the gateway process when its graph cannot iterate, a row took at most 2 ms when it was admitted, and
 * every row has the size that was measured; else in worker processes that can be killed.
 */
export function chooseIsolation(mode: IsolationMode, { graph, measured, signature }: IsolationFacts): 'inline' | 'process' {
  if (mode !== 'auto') return mode
  const short = measured !== null && measured.runMs <= shortRunMs
  return short && !graph.hasLoop && !hasFreeRows(signature) ? 'inline' : 'process'
}

/** A row may be larger than the one that was measured: an image of any height and width, a text of any length. */
function hasFreeRows({ graphInputs, graphOutputs }: IsolationFacts['signature']): boolean {
  const rule = batchRule(graphInputs, graphOutputs)
  return graphInputs.some((spec) => inputRowShape(spec, rule).includes(null))
}
