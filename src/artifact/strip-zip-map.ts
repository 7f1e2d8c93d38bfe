import { isZipMap, labelsKey, readLabelled, writeLabels } from './class-labels.js'
import type { GraphInfo, ZipMapInfo } from './graph-info.js'
import { inspectModel } from './inspect.js'
import { Budget, defaultArtifactLimits } from './limits.js'
import { modelShape } from './message-shapes.js'
import { readNode } from './read-node.js'
import { readValue } from './read-value.js'
import { Scan } from './scan.js'
import { WireReader } from './wire-reader.js'
import { bytesField, integerField, join, stringField } from './wire-writer.js'

const FLOAT = 1

/**
 * Returns the model with each ZipMap that makes a graph output replaced: the output keeps its name and becomes the probability
 * tensor `float32[?, classes]`, which every engine can return. The labels go to the metadata, so that `inspectModel` finds them again.
 * A model without one comes back as it is.
 *
 * Spliced by hand rather than decoded and encoded again: every byte that is not about the ZipMap stays, fields unknown to us included,
 * the weights are copied once, and nothing has to be loaded. The ZipMap becomes an Identity instead of vanishing, because renaming
 * the tensor before it would have to reach every subgraph that reads it; engines remove an Identity while they load.
 */
export function stripZipMap(bytes: Uint8Array): Uint8Array {
  const info = inspectModel(bytes)
  if (info.zipMaps.length === 0) return bytes
  const scan = new Scan(new Budget(defaultArtifactLimits))
  const splice = new Splice(bytes)
  const model = WireReader.over(bytes, modelShape, scan.budget)
  while (model.next()) {
    if (model.field === 7) splice.replace(model, bytesField(7, ...stripGraph(bytes, model.message('graph'), { scan, info })))
  }
  return join([...splice.rest(model), ...additions(info)])
}

function stripGraph(bytes: Uint8Array, graph: WireReader, { scan, info }: { scan: Scan; info: GraphInfo }): readonly Uint8Array[] {
  const byOutput = new Map(info.zipMaps.map((zipMap) => [zipMap.output, zipMap]))
  const types = declaredTypes(graph.again(), scan)
  const splice = new Splice(bytes, graph)
  while (graph.next()) {
    if (graph.field === 1) {
      const node = readNode(graph.message('node'), scan)
      const zipMap = isZipMap(node) ? byOutput.get(readLabelled(node, scan).outputs[0] ?? '') : undefined
      if (zipMap !== undefined) splice.replace(graph, bytesField(1, ...identity(zipMap)))
    } else if (graph.field === 12 || graph.field === 13) {
      const { field } = graph
      const zipMap = byOutput.get(readValue(graph.message('value'), scan).name)
      if (zipMap !== undefined) splice.replace(graph, field === 12 ? bytesField(12, ...tensorOutput(zipMap, types)) : [])
    }
  }
  return splice.rest(graph)
}

/** Copies a message field by field, but for those replaced. */
class Splice {
  readonly #bytes: Uint8Array
  readonly #pieces: Uint8Array[] = []
  #copied: number

  constructor(bytes: Uint8Array, message?: WireReader) {
    this.#bytes = bytes
    this.#copied = message?.start ?? 0
  }

  /** Puts `pieces` where the current field of `reader` stands. */
  replace(reader: WireReader, pieces: readonly Uint8Array[]): void {
    this.#pieces.push(this.#bytes.subarray(this.#copied, reader.fieldStart), ...pieces)
    this.#copied = reader.fieldEnd()
  }

  rest(reader: WireReader): readonly Uint8Array[] {
    return [...this.#pieces, this.#bytes.subarray(this.#copied, reader.end)]
  }
}

/** The types that the file declares for values between nodes, as they stand. */
function declaredTypes(graph: WireReader, scan: Scan): ReadonlyMap<string, Uint8Array> {
  const types = new Map<string, Uint8Array>()
  while (graph.next()) {
    if (graph.field !== 13) continue
    const value = graph.message('value_info')
    const { name } = readValue(value, scan)
    const again = value.again()
    while (again.next()) if (again.field === 2) types.set(name, again.bytes())
  }
  return types
}

function identity({ source, output }: ZipMapInfo): readonly Uint8Array[] {
  return [...stringField(1, source), ...stringField(2, output), ...stringField(4, 'Identity')]
}

function tensorOutput({ source, output, labels }: ZipMapInfo, types: ReadonlyMap<string, Uint8Array>): readonly Uint8Array[] {
  const declared = types.get(source)
  const type = declared === undefined ? probabilityType(labels.length) : [declared]
  return [...stringField(1, output), ...bytesField(2, ...type)]
}

/** TypeProto of `float32[?, classes]`. */
function probabilityType(classes: number): readonly Uint8Array[] {
  const shape = [...bytesField(1), ...bytesField(1, integerField(1, classes))]
  return bytesField(1, integerField(1, FLOAT), ...bytesField(2, ...shape))
}

/** The labels as metadata, and the default operator set when the file did not need it before. */
function additions(info: GraphInfo): readonly Uint8Array[] {
  const added: Uint8Array[] = []
  const labels = info.zipMaps[0] === undefined ? '' : writeLabels(info.zipMaps[0].labels)
  const fits = labels.length * 3 <= defaultArtifactLimits.stringBytes
  if (fits && info.metadata[labelsKey] === undefined) added.push(...bytesField(14, ...stringField(1, labelsKey), ...stringField(2, labels)))
  if (info.opset['ai.onnx'] === undefined) added.push(...bytesField(8, integerField(2, 13)))
  return added
}
