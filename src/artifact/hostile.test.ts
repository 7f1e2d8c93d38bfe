import { describe, expect, it } from 'vitest'
import { linearModel } from '../../test/fixtures/models.js'
import { buildModel } from './build.js'
import { inspectModel } from './inspect.js'
import { type FunctionParts, type GraphParts, node, type NodeParts, value } from './model-parts.js'
import { bytesField, integerField, join, stringField } from './wire-writer.js'

const invalid = expect.objectContaining({ name: 'SlipwayError', code: 'ARTIFACT_INVALID' }) as Error
const limit = expect.objectContaining({ name: 'SlipwayError', code: 'ARTIFACT_LIMIT' }) as Error

/** A model whose graph is the given fields, and nothing else. */
function modelOf(...graph: readonly Uint8Array[]): Uint8Array {
  return join([integerField(1, 8), ...bytesField(7, ...graph), ...bytesField(8, integerField(2, 17))])
}

/** An initializer: dims, then whatever comes. */
function tensorOf(dims: readonly number[], ...rest: readonly Uint8Array[]): readonly Uint8Array[] {
  return bytesField(5, ...dims.map((size) => integerField(1, size)), integerField(2, 1), ...rest)
}

function modelCalling(functions: readonly FunctionParts[], nodes: readonly NodeParts[]): Uint8Array {
  return buildModel({ inputs: [value('x', 'float32', ['N'])], outputs: [value('y', 'float32', ['N'])], nodes, functions })
}

function call(name: string): NodeParts {
  return node(name, ['x'], ['y'], {}, 'local')
}

function functionOf(name: string, nodes: readonly NodeParts[]): FunctionParts {
  return { domain: 'local', name, inputs: ['x'], outputs: ['y'], nodes }
}

describe('files that are not ONNX models', () => {
  it.each([
    ['empty', [], /empty/u],
    ['a ZIP archive', [0x50, 0x4b, 3, 4, 0, 0, 0, 0], /ZIP/u],
    ['an HDF5 file', [0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10], /HDF5/u],
    ['a pickle', [0x80, 4, 0x95, 0, 0], /pickle/u],
    ['a TensorFlow Lite model', [28, 0, 0, 0, 0x54, 0x46, 0x4c, 0x33], /TensorFlow Lite/u],
    ['a model in the ORT format', [28, 0, 0, 0, 0x4f, 0x52, 0x54, 0x4d], /ORT format/u],
  ])('%s is named', (_, bytes, message) => {
    expect(() => inspectModel(Uint8Array.from(bytes))).toThrow(invalid)
    expect(() => inspectModel(Uint8Array.from(bytes))).toThrow(message)
  })

  it('text, zeros, an empty message and a model without a graph or version are refused', () => {
    for (const text of ['<!doctype html><html></html>', '{"a":1}', '\0\0\0\0']) {
      expect(() => inspectModel(new TextEncoder().encode(text))).toThrow(invalid)
    }
    expect(() => inspectModel(integerField(1, 8))).toThrow(/no graph/u)
    expect(() => inspectModel(join(bytesField(7)))).toThrow(/no ir_version/u)
  })
})

describe('files that two readers could read differently', () => {
  it('a second graph is refused, where protobuf would merge the two', () => {
    const bytes = linearModel()
    expect(() => inspectModel(join([bytes, ...bytesField(7)]))).toThrow(/field 7 given twice/u)
  })

  it('a second operator domain in one node is refused', () => {
    const two = bytesField(1, ...stringField(4, 'Add'), ...stringField(7, 'ai.onnx.ml'), ...stringField(7, 'acme'))
    expect(() => inspectModel(modelOf(...two))).toThrow(/field 7 given twice/u)
  })

  it('a tensor with two locations is refused', () => {
    const entry = (location: string): readonly Uint8Array[] => bytesField(13, ...stringField(1, 'location'), ...stringField(2, location))
    expect(() => inspectModel(modelOf(...tensorOf([1], ...entry('a'), ...entry('b'), integerField(14, 1))))).toThrow(/two entries/u)
  })

  it('a value with two types, or a dimension with a size and a name, is refused', () => {
    const tensor = bytesField(1, integerField(1, 1))
    const twice = bytesField(11, ...stringField(1, 'x'), ...bytesField(2, ...tensor, ...tensor))
    expect(() => inspectModel(modelOf(...twice))).toThrow(/a type given twice/u)
    const both = bytesField(2, ...bytesField(1, integerField(1, 4), ...stringField(2, 'N')))
    const sized = bytesField(11, ...stringField(1, 'x'), ...bytesField(2, ...bytesField(1, integerField(1, 1), ...both)))
    expect(() => inspectModel(modelOf(...sized))).toThrow(/a size and a name/u)
  })

  it('two inputs of one name, and one without a name, are refused', () => {
    const input = (name: string): readonly Uint8Array[] => bytesField(11, ...stringField(1, name))
    expect(() => inspectModel(modelOf(...input('x'), ...input('x')))).toThrow(/two inputs `x`/u)
    expect(() => inspectModel(modelOf(...input('')))).toThrow(/an input without a name/u)
  })

  it('operators whose names hold the separators of a key stay apart', () => {
    const odd = { ...functionOf('b', []), domain: 'a1,1,' }
    const bytes = modelCalling([odd], [node('ab', ['x'], ['y'], {}, 'a1,1')])
    expect(inspectModel(bytes).customDomains).toEqual(['a1,1'])
  })
})

describe('files that ask for too much', () => {
  it('subgraphs nested deeper than protobuf itself goes are refused', () => {
    let graph: GraphParts = { inputs: [], outputs: [], nodes: [] }
    for (let depth = 0; depth < 40; depth++) {
      graph = { inputs: [], outputs: [], nodes: [node('If', ['c'], ['y'], { then_branch: { graph } })] }
    }
    expect(() => inspectModel(buildModel(graph))).toThrow(limit)
    expect(inspectModel(buildModel(graph), { depth: 200 }).operators).toEqual({ 'ai.onnx:If': 40 })
  })

  it('functions that double at every call are counted inlined, without inlining them', () => {
    const chain = (length: number): Uint8Array => {
      const functions = Array.from({ length }, (_, index) => functionOf(`f${index}`, [call(`f${index + 1}`), call(`f${index + 1}`)]))
      return modelCalling([...functions, functionOf(`f${length}`, [node('Neg', ['x'], ['y'])])], [call('f0')])
    }
    expect(inspectModel(chain(10)).nodes).toBe(1024)
    expect(() => inspectModel(chain(60))).toThrow(/after its functions are inlined/u)
    expect(() => inspectModel(chain(60))).toThrow(limit)
  })

  it('functions that call themselves, directly or in a circle, are refused', () => {
    expect(() => inspectModel(modelCalling([functionOf('f', [call('f')])], [call('f')]))).toThrow(/calls itself/u)
    const circle = [functionOf('f', [call('g')]), functionOf('g', [call('f')])]
    expect(() => inspectModel(modelCalling(circle, [call('f')]))).toThrow(invalid)
  })

  it('a long chain of functions is refused before it can exhaust a stack', () => {
    const functions = Array.from({ length: 5000 }, (_, index) => functionOf(`f${index}`, [call(`f${index + 1}`)]))
    expect(() => inspectModel(modelCalling(functions, [call('f0')]))).toThrow(limit)
  })

  it('a small sparse tensor that stands for a huge dense one is refused', () => {
    const sparse = bytesField(15, integerField(3, 1_000_000), integerField(3, 1_000_000))
    expect(() => inspectModel(modelOf(...sparse))).toThrow(limit)
  })

  it('dimensions are counted without overflow', () => {
    expect(() => inspectModel(modelOf(...tensorOf([2 ** 40, 2 ** 40])))).toThrow(/more than 2\^53/u)
    expect(() => inspectModel(modelOf(...bytesField(5, Uint8Array.of(8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1))))).toThrow(
      /dimension of -1/u,
    )
  })

  it('data of another size than the dimensions say are refused', () => {
    expect(() => inspectModel(modelOf(...tensorOf([3], ...bytesField(9, new Uint8Array(8)))))).toThrow(
      /8 bytes of data for a tensor `` of 12/u,
    )
  })

  it.each([{ nodes: 0 }, { tensors: 1 }, { entries: 3 }, { fields: 10 }, { sizeBytes: 20 }, { depth: 3 }, { stringBytes: 3 }])(
    'the limit %o holds',
    (limits) => {
      expect(() => inspectModel(linearModel(), limits)).toThrow(limit)
    },
  )

  it('a million nodes are refused at the limit', () => {
    const one = join(bytesField(1, ...stringField(4, 'A')))
    const nodes = new Uint8Array(5_000_000).map((_, index) => one[index % 5]!)
    expect(() => inspectModel(modelOf(nodes))).toThrow(limit)
  })
})
