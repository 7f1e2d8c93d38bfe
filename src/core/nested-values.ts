import type { ElementBuffer } from './element-buffer.js'
import { copyElements } from './element-buffer.js'
import type { DType } from './dtype.js'
import { isFloat } from './dtype.js'
import type { NestedElements } from './json-elements.js'
import { elementIssue } from './json-elements.js'
import { hasNul, nulIssue } from './nul-text.js'
import { storeValue } from './store-element.js'

interface Walk {
  readonly buffer: ElementBuffer
  readonly start: number
  readonly shape: number[]
  depth: number
  ragged: boolean
  issue: NestedElements['issue']
}

/** Deepest nesting of arrays that is followed; more is ragged. */
const deepest = 32

/**
 * Appends the elements of nested or flat arrays, of a typed array, or one scalar; the twin of `readElements` for JavaScript values.
 * A typed array of the dtype's own kind is copied whole (raw bits for float16 and bfloat16), any other is converted element by element.
 */
export function appendElements(value: unknown, buffer: ElementBuffer): NestedElements {
  const walk: Walk = { buffer, start: buffer.length, shape: [], depth: -1, ragged: false, issue: null }
  if (isElementList(value)) appendLevel(walk, value, 0)
  else appendElement(walk, value)
  return { count: buffer.length - walk.start, shape: walk.shape, ragged: walk.ragged, issue: walk.issue }
}

/** True for arrays and typed arrays. */
export function isElementList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
}

function appendLevel(walk: Walk, items: ArrayLike<unknown>, level: number): void {
  const before = walk.shape[level]
  if (before !== undefined && before !== items.length) walk.ragged = true
  walk.shape[level] = items.length
  if (!Array.isArray(items) && isOfType(items, walk.buffer.dtype)) {
    reachDepth(walk, level + 1)
    return appendTyped(walk, items)
  }
  for (let i = 0; i < items.length; i++) {
    const item = items[i]
    if (isElementList(item) && level < deepest) {
      if (walk.depth >= 0 && walk.depth <= level + 1) walk.ragged = true
      appendLevel(walk, item, level + 1)
    } else {
      reachDepth(walk, level + 1)
      appendElement(walk, item)
    }
  }
}

function reachDepth(walk: Walk, depth: number): void {
  if (walk.depth === depth) return
  if (walk.depth === -1 && walk.shape.length <= depth) walk.depth = depth
  else walk.ragged = true
}

function appendTyped(walk: Walk, items: ArrayLike<unknown>): void {
  const { buffer } = walk
  const at = buffer.length
  buffer.reserve(at + items.length)
  copyElements(items, 0, buffer.data as object as ArrayLike<unknown>, at, items.length)
  buffer.length += items.length
  if (buffer.dtype !== 'bool') return
  const wrong = (items as Uint8Array).findIndex((element) => element > 1)
  if (wrong >= 0) walk.issue ??= elementIssue('type', 'bool', at + wrong - walk.start, 'number')
}

function appendElement(walk: Walk, value: unknown): void {
  const { buffer } = walk
  const at = buffer.length
  if (at === buffer.capacity) buffer.reserve(at + 1)
  buffer.length = at + 1
  const element = value === null && isFloat(buffer.dtype) ? Number.NaN : value
  const fault = storeValue(buffer.data, buffer.dtype, at, element)
  if (fault !== null) walk.issue ??= elementIssue(fault, buffer.dtype, at - walk.start, value === null ? 'null' : typeof value)
  else if (typeof value === 'string' && hasNul(value)) walk.issue ??= nulIssue
}

/** True for the kind of typed array in which a dtype is stored. */
function isOfType(items: ArrayLike<unknown>, dtype: DType): boolean {
  switch (dtype) {
    case 'bool':
    case 'uint8':
      return items instanceof Uint8Array
    case 'float16':
    case 'bfloat16':
    case 'uint16':
      return items instanceof Uint16Array
    case 'uint32':
      return items instanceof Uint32Array
    case 'uint64':
      return items instanceof BigUint64Array
    case 'int8':
      return items instanceof Int8Array
    case 'int16':
      return items instanceof Int16Array
    case 'int32':
      return items instanceof Int32Array
    case 'int64':
      return items instanceof BigInt64Array
    case 'float32':
      return items instanceof Float32Array
    case 'float64':
      return items instanceof Float64Array
    case 'string':
      return false
  }
}
