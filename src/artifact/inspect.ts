import { SlipwayError } from '../core/errors.js'
import { classifierLabels, findZipMaps, labelsKey, storedLabels } from './class-labels.js'
import { inputSpecs, outputSpecs, unsupportedValues } from './describe-values.js'
import type { GraphInfo } from './graph-info.js'
import { countInlined } from './inline-count.js'
import { type ArtifactLimits, Budget, defaultArtifactLimits } from './limits.js'
import { modelShape } from './message-shapes.js'
import { readModel } from './read-model.js'
import { customDomains, iterates, operatorCounts } from './operators.js'
import { Scan } from './scan.js'
import { WireReader } from './wire-reader.js'

/**
 * Reads what an ONNX file says about itself, without loading or copying it. The bytes may come from anybody: whatever they are,
 * the answer is a GraphInfo or a SlipwayError (ARTIFACT_INVALID, ARTIFACT_LIMIT) that names the place.
 */
export function inspectModel(bytes: Uint8Array, limits: Partial<ArtifactLimits> = {}): GraphInfo {
  refuseOtherFormats(bytes)
  const scan = new Scan(new Budget({ ...defaultArtifactLimits, ...limits }))
  const { graph, ...model } = readModel(WireReader.over(bytes, modelShape, scan.budget), scan)
  const zipMaps = findZipMaps(graph, scan)
  const outputs = outputSpecs(graph)
  return {
    irVersion: model.irVersion,
    opset: Object.fromEntries(model.opset),
    producer: model.producer,
    inputs: inputSpecs(graph),
    outputs,
    operators: operatorCounts(scan),
    nodes: countInlined(scan),
    hasLoop: iterates(scan),
    customDomains: customDomains(scan),
    externalData: scan.external,
    parameters: scan.parameters,
    sizeBytes: bytes.length,
    metadata: Object.fromEntries(model.metadata),
    zipMap: zipMaps[0] ?? null,
    zipMaps,
    classLabels: zipMaps[0]?.labels ?? storedLabels(model.metadata.get(labelsKey)) ?? classifierLabels(graph, scan),
    unsupported: unsupportedValues(graph, zipMaps),
  }
}

/** A plain word to somebody who hands in the wrong kind of file. */
function refuseOtherFormats(bytes: Uint8Array): void {
  const kind = otherFormat(bytes)
  if (kind !== null) throw new SlipwayError('ARTIFACT_INVALID', `not an ONNX model: the file is ${kind}`)
}

function otherFormat(bytes: Uint8Array): string | null {
  const head = String.fromCharCode(...bytes.subarray(0, 8))
  if (head.length === 0) return 'empty'
  if (head.startsWith('PK\u0003\u0004')) return 'a ZIP archive, such as a Keras, TorchScript or pt2 model; export it as ONNX'
  if (head.startsWith('\u0089HDF')) return 'an HDF5 file, such as a Keras model; export it as ONNX'
  if (head.startsWith('\u0080') && head.charCodeAt(1) <= 5) return 'a pickle, which slipway never opens; export the model as ONNX'
  if (head.startsWith('TFL3', 4)) return 'a TensorFlow Lite model; export it as ONNX'
  if (head.startsWith('ORTM', 4)) return 'a model in the ORT format; use the .onnx file that it was made from'
  return null
}
