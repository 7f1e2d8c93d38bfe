import type { ElementBuffer } from './element-buffer.js'
import type { ErrorCode } from './errors.js'
import { isBigInt, isFloat } from './dtype.js'
import type { JsonReader } from './json-reader.js'
import { startsNumber } from './json-number.js'
import { hasNul, nulIssue } from './nul-text.js'
import type { ElementFault } from './store-element.js'
import { storeBigInt, storeNumber } from './store-element.js'

/** What a nested array held. */
export interface NestedElements {
  /** Elements appended. */
  readonly count: number
  /** Lengths by level of nesting; [] for a scalar. Means nothing where the array is ragged. */
  readonly shape: readonly number[]
  /** Arrays of one level differ in length, or elements stand at different depths. */
  readonly ragged: boolean
  /** The first element that does not fit the dtype; it and others like it are stored as they came out. */
  readonly issue: { readonly code: ErrorCode; readonly message: string } | null
}

interface Walk {
  readonly reader: JsonReader
  readonly buffer: ElementBuffer
  readonly start: number
  readonly shape: number[]
  /** Elements are numbers that fit a double: they are read in runs. */
  readonly runs: boolean
  /** Depth of the elements; -1 before the first. */
  depth: number
  ragged: boolean
  issue: NestedElements['issue']
}

const nonFinite = { nonFinite: true } as const

/**
 * Reads an array nested to any depth, or one scalar, and appends its elements row-major. Floats may be NaN and infinities, and null for NaN;
 * integers must be whole and in range, finite literals must stay finite.
 */
export function readElements(reader: JsonReader, buffer: ElementBuffer): NestedElements {
  const { dtype } = buffer
  const runs = dtype !== 'string' && dtype !== 'bool' && !isBigInt(dtype)
  const walk: Walk = { reader, buffer, start: buffer.length, shape: [], runs, depth: -1, ragged: false, issue: null }
  if (reader.peekByte() === 91) readLevel(walk, 0)
  else readElement(walk)
  return { count: buffer.length - walk.start, shape: walk.shape, ragged: walk.ragged, issue: walk.issue }
}

function readLevel(walk: Walk, level: number): void {
  const { reader } = walk
  let items = 0
  reader.beginArray()
  let more = reader.nextItem()
  while (more) {
    const byte = reader.peekByte()
    if (byte === 91) {
      if (walk.depth >= 0 && walk.depth <= level + 1) walk.ragged = true
      readLevel(walk, level + 1)
      items++
      more = reader.nextItem()
    } else {
      if (walk.depth !== level + 1) reachDepth(walk, level + 1)
      const before = walk.buffer.length
      more = walk.runs && startsNumber(byte) ? readRun(walk) : readOne(walk)
      items += walk.buffer.length - before
    }
  }
  const before = walk.shape[level]
  if (before === undefined) walk.shape[level] = items
  else if (before !== items) walk.ragged = true
}

function readOne(walk: Walk): boolean {
  readElement(walk)
  return walk.reader.nextItem()
}

/** Reads numbers as long as they follow one another: the loop in which large tensors are read. True when another item follows them. */
function readRun(walk: Walk): boolean {
  const { reader, buffer } = walk
  const { dtype } = buffer
  let { data, capacity, length } = buffer
  let more = true
  while (more && startsNumber(reader.peekByte())) {
    if (length === capacity) {
      buffer.length = length
      buffer.reserve(length + 1)
      data = buffer.data
      capacity = buffer.capacity
    }
    const fault = storeNumber(data, dtype, length, reader.number(nonFinite))
    if (fault !== null || reader.overflowed) note(walk, fault ?? 'range', length)
    length++
    more = reader.nextItem()
  }
  buffer.length = length
  return more
}

function reachDepth(walk: Walk, depth: number): void {
  if (walk.depth === -1 && walk.shape.length <= depth) walk.depth = depth
  else walk.ragged = true
}

function readElement(walk: Walk): void {
  const { reader, buffer } = walk
  const { dtype, length } = buffer
  if (length === buffer.capacity) buffer.reserve(length + 1)
  buffer.length = length + 1
  const byte = reader.peekByte()
  if (dtype === 'string') {
    if (byte === 34) readText(walk, length)
    else refuse(walk, 'type')
  } else if (dtype === 'bool') {
    if (byte === 116 || byte === 102) (buffer.data as Uint8Array)[length] = reader.boolean() ? 1 : 0
    else refuse(walk, 'type')
  } else if (startsNumber(byte)) readNumeric(walk, length)
  else if (byte === 110 && isFloat(dtype)) {
    reader.null()
    storeNumber(buffer.data, dtype, length, Number.NaN)
  } else refuse(walk, 'type')
}

function readText(walk: Walk, index: number): void {
  const text = walk.reader.string()
  ;(walk.buffer.data as string[])[index] = text
  if (hasNul(text)) walk.issue ??= nulIssue
}

function readNumeric(walk: Walk, index: number): void {
  const { reader, buffer } = walk
  const { dtype } = buffer
  let fault: ElementFault | null
  if (isBigInt(dtype)) {
    const value = reader.integer(nonFinite)
    if (value === null) fault = 'whole'
    else fault = typeof value === 'bigint' ? storeBigInt(buffer.data, dtype, index, value) : storeNumber(buffer.data, dtype, index, value)
  } else {
    fault = storeNumber(buffer.data, dtype, index, reader.number(nonFinite))
    if (reader.overflowed) fault ??= 'range'
  }
  if (fault !== null) note(walk, fault, index)
}

/** Skips a value that is no element of the dtype. */
function refuse(walk: Walk, fault: ElementFault): void {
  const { reader, buffer } = walk
  const token = reader.peek()
  reader.skip(nonFinite)
  if (buffer.dtype === 'string') (buffer.data as string[])[buffer.length - 1] = ''
  note(walk, fault, buffer.length - 1, token)
}

function note(walk: Walk, fault: ElementFault, index: number, token = 'number'): void {
  walk.issue ??= elementIssue(fault, walk.buffer.dtype, index - walk.start, token)
}

/** The issue that a faulty element is reported as. */
export function elementIssue(fault: ElementFault, dtype: string, index: number, received: string): { code: ErrorCode; message: string } {
  if (fault === 'range') return { code: 'INPUT_RANGE', message: `element ${index} is outside the range of ${dtype}` }
  if (fault === 'whole') return { code: 'INPUT_TYPE', message: `expected whole numbers of ${dtype}, element ${index} is not whole` }
  return { code: 'INPUT_TYPE', message: `expected elements of ${dtype}, element ${index} is of type ${received}` }
}
