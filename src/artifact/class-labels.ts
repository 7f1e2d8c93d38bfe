import type { ClassLabels, ZipMapInfo } from './graph-info.js'
import type { Node } from './read-node.js'
import type { Graph } from './read-graph.js'
import type { Scan } from './scan.js'
import type { WireReader } from './wire-reader.js'

/** The metadata entry in which a rewritten model keeps the labels that stood in its ZipMap. */
export const labelsKey = 'slipway.classLabels'

const mlDomain = 'ai.onnx.ml'
const classifiers = new Set(['TreeEnsembleClassifier', 'LinearClassifier', 'SVMClassifier'])

/** What matters of a node once its operator is known to matter. */
export interface LabelledNode {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly labels: ClassLabels | null
}

/** True for a node that turns a probability tensor into one map a row. */
export function isZipMap(node: Node): boolean {
  return node.domain === mlDomain && node.type === 'ZipMap'
}

/** Reads a ZipMap or classifier node again: its connections and its class labels. */
export function readLabelled(node: Node, scan: Scan): LabelledNode {
  const reader = node.reader.again()
  const inputs: string[] = []
  const outputs: string[] = []
  let labels: ClassLabels | null = null
  while (reader.next()) {
    if (reader.field === 1) inputs.push(scan.entry(reader.string()))
    else if (reader.field === 2) outputs.push(scan.entry(reader.string()))
    else if (reader.field === 5) labels = readLabels(reader.message('attribute'), scan) ?? labels
  }
  return { inputs, outputs, labels }
}

/** The ZipMap nodes of the main graph that make a graph output. */
export function findZipMaps(graph: Graph, scan: Scan): readonly ZipMapInfo[] {
  const outputs = new Set(graph.outputs.map((output) => output.name))
  return graph.nodes.filter(isZipMap).flatMap((node) => {
    const { inputs, outputs: made, labels } = readLabelled(node, scan)
    const source = inputs[0]
    const output = made[0]
    return source === undefined || output === undefined || labels === null || !outputs.has(output) ? [] : [{ output, labels, source }]
  })
}

/** The labels of the one classifier that the graph's answer comes from; null where there is none or it cannot be told. */
export function classifierLabels(graph: Graph, scan: Scan): ClassLabels | null {
  const outputs = new Set(graph.outputs.map((output) => output.name))
  const found = graph.nodes
    .filter((node) => node.domain === mlDomain && classifiers.has(node.type))
    .map((node) => readLabelled(node, scan))
    .filter((node) => node.labels !== null)
  const last = found.filter((node) => node.outputs.some((name) => outputs.has(name)))
  const candidates = last.length === 0 ? found : last
  return candidates.length === 1 ? candidates[0]!.labels : null
}

/** Labels that a rewrite put into the metadata; null where the text is not one of ours. */
export function storedLabels(text: string | undefined): ClassLabels | null {
  if (text === undefined) return null
  try {
    const { type, labels } = JSON.parse(text) as { readonly type?: unknown; readonly labels?: unknown }
    if (!Array.isArray(labels) || labels.length === 0 || !labels.every((label) => typeof label === 'string')) return null
    if (type === 'int64') return labels.every((label) => /^-?[0-9]{1,19}$/u.test(label)) ? labels.map(BigInt) : null
    return type === 'string' ? labels : null
  } catch {
    return null
  }
}

/** The text that `storedLabels` reads. */
export function writeLabels(labels: ClassLabels): string {
  return JSON.stringify({ type: typeof labels[0] === 'bigint' ? 'int64' : 'string', labels: labels.map(String) })
}

/** The value of a `classlabels_*` attribute (ONNX has four of the kind); null for any other attribute. */
function readLabels(reader: WireReader, scan: Scan): ClassLabels | null {
  let name = ''
  while (reader.next()) if (reader.field === 1) name = reader.once().string()
  if (!name.startsWith('classlabels_')) return null
  const integers: bigint[] = []
  const strings: string[] = []
  const list = reader.again()
  while (list.next()) {
    if (list.field === 8) list.eachInt64((value) => integers.push(scan.entry(value)))
    else if (list.field === 9) strings.push(scan.entry(list.string()))
  }
  if (strings.length > 0) return strings
  return integers.length > 0 ? integers : null
}
