import { type Node, readNode } from './read-node.js'
import { readSparseTensor, readTensor } from './read-tensor.js'
import { readValue, type Value } from './read-value.js'
import type { Scan } from './scan.js'
import type { WireReader } from './wire-reader.js'

/** A GraphProto, as far as its surface goes. */
export interface Graph {
  readonly reader: WireReader
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  readonly initializers: ReadonlySet<string>
  readonly nodes: readonly Node[]
}

/** Reads a graph and everything under it; counts go to `scan`. */
export function readGraph(reader: WireReader, scan: Scan): Graph {
  const inputs: Value[] = []
  const outputs: Value[] = []
  const initializers = new Set<string>()
  const nodes: Node[] = []
  let tensors = 0
  while (reader.next()) {
    if (reader.field === 1) nodes.push(readNode(reader.message(`node[${nodes.length}]`), scan))
    else if (reader.field === 5) addInitializer(readTensor(reader.message(`initializer[${tensors++}]`), scan))
    else if (reader.field === 11) inputs.push(readValue(reader.message(`input[${inputs.length}]`), scan))
    else if (reader.field === 12) outputs.push(readValue(reader.message(`output[${outputs.length}]`), scan))
    else if (reader.field === 15) addInitializer(readSparseTensor(reader.message(`sparse_initializer[${tensors++}]`), scan))
  }
  return { reader, inputs, outputs, initializers, nodes }

  function addInitializer({ name, elements }: { name: string; elements: number }): void {
    initializers.add(name)
    scan.parameters += elements
  }
}
