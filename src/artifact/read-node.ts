import { readGraph } from './read-graph.js'
import { readSparseTensor, readTensor } from './read-tensor.js'
import { normalDomain, type OperatorId, type Scan } from './scan.js'
import type { WireReader } from './wire-reader.js'

/** A node of the main graph: its operator, and its message to read again if the operator turns out to matter. */
export interface Node extends OperatorId {
  readonly reader: WireReader
}

/** Reads a NodeProto: counts it and walks the tensors and subgraphs in its attributes. */
export function readNode(reader: WireReader, scan: Scan): Node {
  scan.budget.countNode()
  let type = ''
  let domain = ''
  let overload = ''
  while (reader.next()) {
    if (reader.field === 4) type = reader.once().string()
    else if (reader.field === 5) readAttribute(reader.message('attribute'), scan)
    else if (reader.field === 7) domain = reader.once().string()
    else if (reader.field === 8) overload = reader.once().string()
  }
  if (type === '') reader.fail('a node without an operator')
  const id = { domain: normalDomain(domain), type, overload }
  scan.body.count(id)
  return { ...id, reader }
}

/** Walks what an AttributeProto carries: tensors and subgraphs, single or repeated. */
export function readAttribute(reader: WireReader, scan: Scan): void {
  while (reader.next()) {
    if (reader.field === 5) readTensor(reader.once().message('t'), scan)
    else if (reader.field === 6) readGraph(reader.once().message('g'), scan)
    else if (reader.field === 10) readTensor(reader.message('tensors'), scan)
    else if (reader.field === 11) readGraph(reader.message('graphs'), scan)
    else if (reader.field === 22) readSparseTensor(reader.once().message('sparse_tensor'), scan)
    else if (reader.field === 23) readSparseTensor(reader.message('sparse_tensors'), scan)
  }
}
