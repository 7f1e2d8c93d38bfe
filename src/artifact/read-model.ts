import { readEntry } from './read-entry.js'
import { type Graph, readGraph } from './read-graph.js'
import { readAttribute, readNode } from './read-node.js'
import { Body, normalDomain, operatorKey, type Scan } from './scan.js'
import type { WireReader } from './wire-reader.js'

/** A ModelProto. */
export interface Model {
  readonly irVersion: number
  readonly opset: ReadonlyMap<string, number>
  readonly producer: string
  readonly metadata: ReadonlyMap<string, string>
  readonly graph: Graph
}

/** Reads a whole model; counts go to `scan`. Throws ARTIFACT_INVALID where the bytes are no ONNX model. */
export function readModel(reader: WireReader, scan: Scan): Model {
  let irVersion: number | null = null
  let producerName = ''
  let producerVersion = ''
  let graph: Graph | null = null
  const opset = new Map<string, number>()
  const metadata = new Map<string, string>()
  while (reader.next()) {
    if (reader.field === 1) irVersion = reader.once().integer()
    else if (reader.field === 2) producerName = reader.once().string()
    else if (reader.field === 3) producerVersion = reader.once().string()
    else if (reader.field === 7) graph = readGraph(reader.once().message('graph'), scan)
    else if (reader.field === 8) readOperatorSet(reader.message('opset_import'), opset, scan)
    else if (reader.field === 14) addMetadata(readEntry(reader.message('metadata_props')))
    else if (reader.field === 20) readTraining(reader.message('training_info'), scan)
    else if (reader.field === 25) readFunction(reader.message(`functions[${scan.functions.size}]`), scan)
  }
  if (graph === null) return reader.fail('no graph')
  if (irVersion === null) return reader.fail('no ir_version')
  return { irVersion, opset, producer: `${producerName} ${producerVersion}`.trim(), metadata, graph }

  function addMetadata({ key, value }: { key: string; value: string }): void {
    metadata.set(scan.entry(key), value)
  }
}

function readOperatorSet(reader: WireReader, opset: Map<string, number>, scan: Scan): void {
  let domain = ''
  let version = 0
  while (reader.next()) {
    if (reader.field === 1) domain = reader.once().string()
    else if (reader.field === 2) version = reader.once().integer()
  }
  opset.set(scan.entry(normalDomain(domain)), version)
}

/** Engines ignore training graphs; what they hold is counted all the same, so that nothing in the file goes unseen. */
function readTraining(reader: WireReader, scan: Scan): void {
  while (reader.next()) {
    if (reader.field === 1) readGraph(reader.once().message('initialization'), scan)
    else if (reader.field === 2) readGraph(reader.once().message('algorithm'), scan)
  }
}

function readFunction(reader: WireReader, scan: Scan): void {
  const body = new Body()
  scan.body = body
  let name = ''
  let domain = ''
  let overload = ''
  let nodes = 0
  while (reader.next()) {
    if (reader.field === 1) name = reader.once().string()
    else if (reader.field === 7) readNode(reader.message(`node[${nodes++}]`), scan)
    else if (reader.field === 10) domain = reader.once().string()
    else if (reader.field === 11) readAttribute(reader.message('attribute_proto'), scan)
    else if (reader.field === 13) overload = reader.once().string()
  }
  scan.body = scan.main
  const key = operatorKey({ domain: normalDomain(domain), type: name, overload })
  if (scan.functions.has(key)) reader.fail(`a function \`${name}\` given twice`)
  scan.functions.set(scan.entry(key), body)
}
