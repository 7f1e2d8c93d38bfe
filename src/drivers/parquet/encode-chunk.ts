import type { RunStore } from './run-store.js'
import { bitWidth } from './hybrid.js'
import { physicalTypes } from './schema.js'
import type { Leaf } from './schema.js'
import { binary, encodeStruct, i32, i64, struct } from './thrift-writer.js'
import type { ThriftStruct, ThriftValue } from './thrift-writer.js'
import type { EncodedValues } from './value-store.js'

/** A column chunk as it is written: its bytes, and what the footer says of it. */
export interface EncodedChunk {
  readonly pieces: readonly Uint8Array[]
  readonly bytes: number
  /** `ColumnChunk` of parquet.thrift. */
  readonly metadata: ThriftStruct
}

export interface CollectedChunk {
  readonly values: EncodedValues
  readonly repetition: RunStore
  readonly definition: RunStore
}

/** `Encoding` of parquet.thrift. */
const encodings = { plain: 0, rle: 3, dictionary: 8 } as const

/** One dictionary page where there is a dictionary, and one data page (README.md of parquet-format, "Column chunks", "Data Pages"). */
export function encodeChunk(leaf: Leaf, chunk: CollectedChunk, offset: number): EncodedChunk {
  const { dictionary } = chunk.values
  const first = dictionary === null ? [] : dictionaryPage(dictionary)
  const dataOffset = offset + sizeOf(first)
  const pieces = [...first, ...dataPage(leaf, chunk)]
  const bytes = sizeOf(pieces)
  const used = dictionary === null ? [encodings.plain, encodings.rle] : [encodings.plain, encodings.rle, encodings.dictionary]
  const metadata = struct({
    1: i32(physicalTypes[leaf.physical]),
    2: { type: 'list', of: 'i32', items: used.map((encoding) => i32(encoding)) },
    3: { type: 'list', of: 'binary', items: leaf.path.map((name) => binary(name)) },
    4: i32(0),
    5: i64(entriesOf(chunk)),
    6: i64(bytes),
    7: i64(bytes),
    9: i64(dataOffset),
    11: dictionary === null ? undefined : i64(offset),
    12: statistics(leaf, chunk),
  })
  return { pieces, bytes, metadata: struct({ 2: i64(0), 3: metadata }) }
}

function dictionaryPage({ bytes, count }: { readonly bytes: Uint8Array; readonly count: number }): readonly Uint8Array[] {
  return page(2, [bytes], { 7: struct({ 1: i32(count), 2: i32(encodings.plain) }) })
}

function dataPage(leaf: Leaf, chunk: CollectedChunk): readonly Uint8Array[] {
  const { values, repetition, definition } = chunk
  const header = struct({
    1: i32(entriesOf(chunk)),
    2: i32(encodings[values.encoding]),
    3: i32(encodings.rle),
    4: i32(encodings.rle),
  })
  return page(0, [...levels(repetition, leaf.maxRepetition), ...levels(definition, leaf.maxDefinition), ...values.values], { 5: header })
}

function page(type: number, body: readonly Uint8Array[], header: Readonly<Record<number, ThriftValue>>): readonly Uint8Array[] {
  const size = sizeOf(body)
  return [encodeStruct(struct({ 1: i32(type), 2: i32(size), 3: i32(size), ...header })), ...body]
}

/** Levels of a V1 page have their length in front; levels that can only be 0 are left out. */
function levels(store: RunStore, max: number): readonly Uint8Array[] {
  if (max === 0) return []
  const encoded = store.encoded(bitWidth(max))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(encoded.length)
  return [length, encoded]
}

/** Values, nulls and empty lists. */
function entriesOf({ definition }: CollectedChunk): number {
  return definition.length
}

function statistics(leaf: Leaf, { values, definition }: CollectedChunk): ThriftStruct {
  // Values that are null, not lists that are: of those a tensor has none to count.
  const nulls = leaf.maxRepetition === 0 && leaf.maxDefinition === 1 ? definition.count(0) : undefined
  return struct({
    3: nulls === undefined && leaf.maxDefinition > 0 ? undefined : i64(nulls ?? 0),
    5: values.range === null ? undefined : binary(values.range.max),
    6: values.range === null ? undefined : binary(values.range.min),
  })
}

function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, { length }) => sum + length, 0)
}
