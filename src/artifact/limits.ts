import { SlipwayError } from '../core/errors.js'

/** What an ONNX file may cost to read; all counts are totals over the whole file, subgraphs and functions included. */
export interface ArtifactLimits {
  /** Bytes of the file, without external data. protobuf itself ends at 2 GiB. */
  readonly sizeBytes: number
  /** Messages inside messages; a subgraph takes three. protobuf parsers stop at 100. Also the longest chain of function calls. */
  readonly depth: number
  /** Nodes as written, and nodes after every call of a model-local function is inlined. */
  readonly nodes: number
  /** Tensors: initializers and tensor attributes. */
  readonly tensors: number
  /** Bytes of one name, label or metadata text. */
  readonly stringBytes: number
  /** Items of the lists that end up in the answer: inputs, outputs, dimensions, labels, metadata, operator sets, functions. */
  readonly entries: number
  /** Protobuf fields looked at; bounds the time that a hostile file can take. */
  readonly fields: number
}

/** Wide enough for every public model we know, narrow enough that reading one takes seconds at the very worst. */
export const defaultArtifactLimits: ArtifactLimits = {
  sizeBytes: 2_147_483_647,
  depth: 90,
  nodes: 500_000,
  tensors: 500_000,
  stringBytes: 1_048_576,
  entries: 1_000_000,
  fields: 200_000_000,
}

/** Counts what a scan has used and throws ARTIFACT_LIMIT at the first count that passes its limit. */
export class Budget {
  readonly limits: ArtifactLimits
  #nodes = 0
  #tensors = 0
  #entries = 0
  #fields = 0

  constructor(limits: ArtifactLimits) {
    this.limits = limits
  }

  get nodes(): number {
    return this.#nodes
  }

  countNode(): void {
    if (++this.#nodes > this.limits.nodes) throw overLimit('nodes', this.limits.nodes)
  }

  countTensor(): void {
    if (++this.#tensors > this.limits.tensors) throw overLimit('tensors', this.limits.tensors)
  }

  countEntry(): void {
    if (++this.#entries > this.limits.entries) throw overLimit('entries', this.limits.entries)
  }

  countField(): void {
    if (++this.#fields > this.limits.fields) throw overLimit('fields', this.limits.fields)
  }
}

/** The error for a file that has more than `limit` of something. */
export function overLimit(name: keyof ArtifactLimits, limit: number, place?: string): SlipwayError {
  return new SlipwayError(
    'ARTIFACT_LIMIT',
    `the ONNX file is over the limit \`${name}\` (${limit})${place === undefined ? '' : ` ${place}`}`,
  )
}
