import { SlipwayError } from '../core/errors.js'

/** Elements of BYTES that are no text, each behind its length as a little-endian uint32. */
export function packByteElements(elements: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const packed = new Uint8Array(elements.reduce((size, element) => size + 4 + element.length, 0))
  const view = new DataView(packed.buffer)
  let at = 0
  for (const element of elements) {
    view.setUint32(at, element.length, true)
    packed.set(element, at + 4)
    at += 4 + element.length
  }
  return packed
}

/** Takes BYTES elements apart, as views. Throws INVALID_BINARY when their lengths do not add up. */
export function unpackByteElements(packed: Uint8Array, count: number, output: string): Uint8Array[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
  const elements: Uint8Array[] = []
  let at = 0
  while (at + 4 <= packed.length && elements.length < count) {
    const length = view.getUint32(at, true)
    elements.push(packed.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  if (at === packed.length && elements.length === count) return elements
  throw new SlipwayError('INVALID_BINARY', `output '${output}': its bytes are not ${count} elements`)
}
