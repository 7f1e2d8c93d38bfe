import type { GraphInfo } from '../artifact/graph-info.js'
import type { Source } from './source.js'

/** What the trial child is asked to do: turn a source into a staged version and prove that it works. */
export interface StageRequest {
  readonly source: Source
  /** Empty private folder that receives `model.onnx`, external data, `definition.mjs` and `fallback-N.onnx`. */
  readonly directory: string
  readonly allowDomains: readonly string[]
  /** Files of external data that come with the artifact, relative to it. */
  readonly externalFiles: readonly string[]
  /** Name instead of the one that the source gives. */
  readonly name: string | null
  readonly threads: number
}

/** What the registry keeps of the graph. */
export interface GraphSummary {
  readonly opset: Record<string, number>
  readonly operators: Record<string, number>
  readonly parameters: number
  readonly hasLoop: boolean
  readonly sizeBytes: number
}

/** A version that loaded, ran and reproduced its own golden examples in the trial child. JSON throughout. */
export interface StagedModel {
  readonly name: string
  readonly description: string | null
  readonly hasDefinition: boolean
  readonly externalData: readonly string[]
  readonly fallbacks: readonly string[]
  readonly signature: unknown
  readonly golden: unknown
  readonly graph: GraphSummary
  /** Null when no row is known that the model answers, so that it was loaded but not tried. */
  readonly measured: { readonly loadMs: number; readonly runMs: number; readonly engine: string } | null
  readonly lineage: Readonly<Record<string, string>>
}

/** The part of an inspection that a manifest keeps. */
export function summarise(info: GraphInfo): GraphSummary {
  return {
    opset: { ...info.opset },
    operators: { ...info.operators },
    parameters: info.parameters,
    hasLoop: info.hasLoop,
    sizeBytes: info.sizeBytes,
  }
}
