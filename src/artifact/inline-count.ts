import { SlipwayError } from '../core/errors.js'
import { overLimit } from './limits.js'
import type { Body, Scan } from './scan.js'

/**
 * Nodes of the main graph once every model-local function is inlined, as engines do while they load. A chain of functions
 * that each call the next one twice doubles at every step, so the count is limited; a function that reaches itself is refused.
 */
export function countInlined(scan: Scan): number {
  const { limits } = scan.budget
  const known = new Map<Body, number>()
  const open = new Set<Body>()
  return expand(scan.main)

  function expand(body: Body): number {
    const before = known.get(body)
    if (before !== undefined) return before
    if (open.has(body)) throw new SlipwayError('ARTIFACT_INVALID', 'not a readable ONNX model: a function that calls itself')
    if (open.size >= limits.depth) throw overLimit('depth', limits.depth, 'in its chain of function calls')
    open.add(body)
    let nodes = body.nodes
    for (const [key, call] of body.calls) {
      const callee = scan.functions.get(key)
      if (callee !== undefined) nodes += call.count * (expand(callee) - 1)
      if (nodes > limits.nodes) throw overLimit('nodes', limits.nodes, 'after its functions are inlined')
    }
    open.delete(body)
    known.set(body, nodes)
    return nodes
  }
}
