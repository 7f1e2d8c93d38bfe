import type { DType } from '../core/dtype.js'
import { SlipwayError } from '../core/errors.js'
import { elementType } from './element-type.js'
import type { OutputSpec, UnsupportedValue, ValueSpec, ZipMapInfo } from './graph-info.js'
import type { Graph } from './read-graph.js'
import { describeType, type Dimension, type Value, type ValueType } from './read-value.js'

/** The inputs that a caller feeds and that a tensor can carry. */
export function inputSpecs(graph: Graph): readonly ValueSpec[] {
  return distinct('input', feeds(graph)).flatMap((value) => tensorSpec(value) ?? [])
}

/** The outputs that a tensor or a list of maps can carry. */
export function outputSpecs(graph: Graph): readonly OutputSpec[] {
  return distinct('output', graph.outputs).flatMap((value): readonly OutputSpec[] => {
    const tensor = tensorSpec(value)
    return tensor === null ? mapSpec(value) : [{ kind: 'tensor', ...tensor }]
  })
}

/** Inputs and outputs that no engine of slipway takes or gives; a map is one unless a ZipMap that can be stripped makes it. */
export function unsupportedValues(graph: Graph, zipMaps: readonly ZipMapInfo[]): readonly UnsupportedValue[] {
  const strippable = new Set(zipMaps.map((zipMap) => zipMap.output))
  return [
    ...feeds(graph).flatMap((value) => unsupported('input', value)),
    ...graph.outputs
      .filter((value) => !strippable.has(value.name) || mapSpec(value).length === 0)
      .flatMap((value) => unsupported('output', value)),
  ]
}

function feeds(graph: Graph): readonly Value[] {
  return graph.inputs.filter((input) => !graph.initializers.has(input.name))
}

function unsupported(role: 'input' | 'output', value: Value): readonly UnsupportedValue[] {
  const spec = tensorSpec(value)
  // onnxruntime-node has no bfloat16 tensors.
  return spec !== null && spec.dtype !== 'bfloat16' ? [] : [{ role, name: value.name, type: describeType(value.type) }]
}

function tensorSpec({ name, type }: Value): ValueSpec | null {
  if (type.kind !== 'tensor') return null
  const { dtype } = elementType(type.element)
  return dtype === null ? null : { name, dtype, ...shapeOf(type.dims) }
}

function shapeOf(dims: readonly Dimension[] | null): Pick<ValueSpec, 'shape' | 'symbols' | 'ranked'> {
  const known = dims ?? []
  return {
    shape: known.map((size) => (typeof size === 'number' ? size : null)),
    symbols: known.map((size) => (typeof size === 'string' ? size : null)),
    ranked: dims !== null,
  }
}

function mapSpec({ name, type }: Value): readonly OutputSpec[] {
  const map = type.kind === 'sequence' ? type.element : type
  if (map.kind !== 'map') return []
  const keyDtype = elementType(map.key).dtype
  const dtype = scalarType(map.value)
  if (keyDtype === null || dtype === null) return []
  const shape = type.kind === 'sequence' ? [null] : []
  return [{ kind: 'map', name, dtype, keyDtype, shape, symbols: shape, ranked: true }]
}

function scalarType(type: ValueType): DType | null {
  return type.kind === 'tensor' ? elementType(type.element).dtype : null
}

function distinct(role: string, values: readonly Value[]): readonly Value[] {
  const names = new Set<string>()
  for (const { name } of values) {
    if (name === '' || names.has(name)) {
      throw new SlipwayError(
        'ARTIFACT_INVALID',
        `not a readable ONNX model: ${name === '' ? `an ${role} without a name` : `two ${role}s \`${name}\``}`,
      )
    }
    names.add(name)
  }
  return values
}
