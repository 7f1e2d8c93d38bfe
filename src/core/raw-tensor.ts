import { bytesPerElement, viewBuffer } from './dtype.js'
import type { DType, TensorData } from './dtype.js'
import { SlipwayError } from './errors.js'
import { elementCount } from './tensor.js'
import type { Tensor } from './tensor.js'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/**
 * A tensor from its raw bytes (Triton's binary data extension): little-endian, row-major; texts as a uint32 length and UTF-8 bytes each.
 * The data is a view of `bytes` where they are aligned. Throws INVALID_BINARY when the size is not that of the shape, or a BOOL byte is
 * neither 0 nor 1; INVALID_UTF8 for a text that is none.
 */
export function decodeRaw(bytes: Uint8Array, dtype: DType, shape: readonly number[]): Tensor {
  const count = elementCount(shape)
  if (dtype === 'string') return { dtype, shape, data: decodeTexts(bytes, count) }
  const size = bytesPerElement(dtype)
  if (bytes.length !== count * size) {
    throw new SlipwayError('INVALID_BINARY', `expected ${count * size} bytes for ${count} elements of ${dtype}, received ${bytes.length}`)
  }
  if (dtype === 'bool' && bytes.some((byte) => byte > 1)) throw new SlipwayError('INVALID_BINARY', 'a BOOL byte is neither 0 nor 1')
  // Not `slice`: that of a Node Buffer gives a view.
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes)
  return { dtype, shape, data: viewBuffer(dtype, aligned.buffer, aligned.byteOffset, count) }
}

/** The raw bytes of a tensor; see `decodeRaw`. A view of its data, except for texts. */
export function encodeRaw(tensor: Tensor): Uint8Array {
  const data: TensorData = tensor.data
  if (Array.isArray(data)) return encodeTexts(data)
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

function decodeTexts(bytes: Uint8Array, count: number): string[] {
  const texts: string[] = []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  let at = 0
  for (let i = 0; i < count; i++) {
    const start = at + 4
    const end = start <= bytes.length ? start + view.getUint32(at, true) : Infinity
    if (end > bytes.length) throw new SlipwayError('INVALID_BINARY', `the bytes end inside element ${i} of ${count}`)
    texts.push(decodeText(bytes.subarray(start, end), i))
    at = end
  }
  if (at !== bytes.length) throw new SlipwayError('INVALID_BINARY', `${bytes.length - at} bytes follow the last of ${count} elements`)
  return texts
}

function decodeText(bytes: Uint8Array, index: number): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new SlipwayError('INVALID_UTF8', `element ${index} is not valid UTF-8`)
  }
}

function encodeTexts(texts: readonly string[]): Uint8Array {
  // UTF-8 takes at most three bytes for each UTF-16 unit.
  const room = texts.reduce((sum, text) => sum + 4 + 3 * text.length, 0)
  const bytes = new Uint8Array(room)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const text of texts) {
    const { written } = encoder.encodeInto(text, bytes.subarray(at + 4))
    view.setUint32(at, written, true)
    at += 4 + written
  }
  return bytes.slice(0, at)
}
