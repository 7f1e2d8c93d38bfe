import { elementType } from './element-type.js'
import type { ExternalData } from './graph-info.js'
import { overLimit } from './limits.js'
import { readEntry } from './read-entry.js'
import type { Scan } from './scan.js'
import type { WireReader } from './wire-reader.js'

/** Reads a TensorProto: registers it and its external data with `scan`; returns its name and how many elements it declares. */
export function readTensor(reader: WireReader, scan: Scan): { name: string; elements: number } {
  scan.budget.countTensor()
  let name = ''
  let code = 0
  let rawBytes = 0
  let isExternal = false
  const external = new Map<string, string>()
  const dims: bigint[] = []
  while (reader.next()) {
    if (reader.field === 1) reader.eachInt64((size) => dims.push(scan.entry(size)))
    else if (reader.field === 2) code = reader.once().integer()
    else if (reader.field === 8) name = reader.once().string()
    else if (reader.field === 9) rawBytes = reader.once().byteLength()
    else if (reader.field === 13) addExternalEntry(external, reader.message('external_data'))
    else if (reader.field === 14) isExternal = reader.once().integer() === 1
  }
  const elements = countElements(dims, reader)
  const bytes = Math.ceil((elements * elementType(code).bits) / 8)
  if (rawBytes > 0 && rawBytes !== bytes) reader.fail(`${rawBytes} bytes of data for a tensor \`${name}\` of ${bytes}`)
  if (isExternal || external.size > 0) scan.external.push(externalData(name, external, bytes, reader))
  return { name, elements }
}

/** Reads a SparseTensorProto; its elements are the stored ones. */
export function readSparseTensor(reader: WireReader, scan: Scan): { name: string; elements: number } {
  let values = { name: '', elements: 0 }
  const dims: bigint[] = []
  while (reader.next()) {
    if (reader.field === 1) values = readTensor(reader.once().message('values'), scan)
    else if (reader.field === 2) readTensor(reader.once().message('indices'), scan)
    else if (reader.field === 3) reader.eachInt64((size) => dims.push(scan.entry(size)))
  }
  // Engines write it out dense while they load, so a few bytes could ask for terabytes.
  const limit = scan.budget.limits.sizeBytes
  if (countElements(dims, reader) > limit) throw overLimit('sizeBytes', limit, `as a dense tensor ${reader.place()}`)
  return values
}

function addExternalEntry(entries: Map<string, string>, reader: WireReader): void {
  const { key, value } = readEntry(reader)
  // Readers differ in which of two they take, so that one could be checked and the other opened.
  if (entries.has(key)) reader.fail(`external data with two entries \`${key}\``)
  entries.set(key, value)
}

function countElements(dims: readonly bigint[], reader: WireReader): number {
  let elements = 1n
  for (const size of dims) {
    if (size < 0n) reader.fail(`a tensor dimension of ${size}`)
    elements *= size
    if (elements > 9_007_199_254_740_991n) reader.fail('a tensor of more than 2^53 elements')
  }
  return Number(elements)
}

/** https://github.com/onnx/onnx/blob/main/docs/ExternalData.md; a missing length means all that the tensor needs. */
function externalData(tensor: string, entries: ReadonlyMap<string, string>, bytes: number, reader: WireReader): ExternalData {
  const offset = decimal(entries.get('offset') ?? '0')
  const length = decimal(entries.get('length') ?? String(bytes))
  if (offset === null || length === null) return reader.fail(`an offset or length of external data of \`${tensor}\` that is not a number`)
  if (length !== bytes) reader.fail(`${length} bytes of external data for a tensor \`${tensor}\` of ${bytes}`)
  return { tensor, location: entries.get('location') ?? '', offset, length }
}

function decimal(text: string): number | null {
  const value = Number(text)
  return /^[0-9]{1,16}$/u.test(text) && Number.isSafeInteger(value) ? value : null
}
