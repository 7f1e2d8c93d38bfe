import { buildModel } from '../src/artifact/build.js'
import { constant, node, value } from '../src/artifact/model-parts.js'

/** `x` float32[N,1] -> `y` float32[N,1] = x + as many Loop iterations as the largest x says: 1e18 never ends. */
export function hangingModel(): Uint8Array {
  const body = {
    inputs: [value('i', 'int64', []), value('more', 'bool', []), value('acc', 'float32', ['N', 1])],
    outputs: [value('still', 'bool', []), value('next', 'float32', ['N', 1])],
    initializers: [constant('one', 'float32', [1], [1])],
    nodes: [node('Identity', ['more'], ['still']), node('Add', ['acc', 'one'], ['next'])],
  }
  return buildModel({
    inputs: [value('x', 'float32', ['N', 1])],
    outputs: [value('y', 'float32', ['N', 1])],
    initializers: [constant('go', 'bool', [], [1])],
    nodes: [
      node('ReduceMax', ['x'], ['largest'], { keepdims: { int: 0 } }),
      node('Cast', ['largest'], ['times'], { to: { int: 7 } }),
      node('Loop', ['times', 'go', 'x'], ['y'], { body: { graph: body } }),
    ],
  })
}

/** `image` float32[N,3,224,224] -> `mean` float32[N,3]: next to no computing, so that a benchmark sees the transport. */
export function pictureModel(): Uint8Array {
  return buildModel({
    inputs: [value('image', 'float32', ['N', 3, 224, 224])],
    outputs: [value('mean', 'float32', ['N', 3])],
    nodes: [node('GlobalAveragePool', ['image'], ['pooled']), node('Flatten', ['pooled'], ['mean'])],
  })
}
