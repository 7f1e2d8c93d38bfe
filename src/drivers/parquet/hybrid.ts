/** A run of equal values shorter than this is packed with its neighbours. */
const shortestRun = 8

/**
 * Values in the RLE / bit-packed hybrid (Encodings.md, "Run Length Encoding / Bit-Packing Hybrid", RLE = 3), without the length in front:
 * levels and codes of dictionaries. `width` is the bits of a value, up to 32.
 */
export function encodeHybrid(values: Uint8Array | Uint32Array, width: number): Uint8Array {
  const out = new HybridBytes(width, values.length)
  const length = values.length
  let packedFrom = 0
  let at = 0
  while (at < length) {
    const end = endOfRun(values, at, length)
    if (end - at < shortestRun) {
      // The next place where a run may begin without breaking a group of 8.
      at = Math.min(length, at + 8)
      continue
    }
    out.packed(values, packedFrom, at)
    out.run(values[at]!, end - at)
    at = end
    packedFrom = end
  }
  out.packed(values, packedFrom, length)
  return out.bytes()
}

/** `count` times one value in the same encoding. */
export function encodeRun(value: number, count: number, width: number): Uint8Array {
  const out = new HybridBytes(width, 0)
  if (count > 0) out.run(value, count)
  return out.bytes()
}

/** Bits that values up to `max` need; 0 for 0. */
export function bitWidth(max: number): number {
  return 32 - Math.clz32(max)
}

function endOfRun(values: Uint8Array | Uint32Array, start: number, length: number): number {
  const value = values[start]
  let end = start + 1
  while (end < length && values[end] === value) end++
  return end
}

class HybridBytes {
  readonly #width: number
  #bytes: Uint8Array
  #length = 0

  constructor(width: number, count: number) {
    this.#width = width
    this.#bytes = new Uint8Array(Math.ceil((count * width) / 8) + 64)
  }

  run(value: number, count: number): void {
    this.#reserve(16)
    // A count above 2^31 would overflow the header; a column chunk has fewer values.
    this.#varint(count * 2)
    for (let bits = 0; bits < this.#width; bits += 8) this.#bytes[this.#length++] = value >>> bits
  }

  /** Whole groups of 8, the last filled up with zeros: only the last of all may be one that is. */
  packed(values: Uint8Array | Uint32Array, start: number, end: number): void {
    if (start === end) return
    const groups = Math.ceil((end - start) / 8)
    const size = groups * this.#width
    this.#reserve(size + 16)
    this.#varint(groups * 2 + 1)
    if (this.#width <= 8) packBytes(values, { start, end, width: this.#width }, this.#bytes, this.#length)
    else packWide(values, { start, end, width: this.#width }, this.#bytes, this.#length)
    this.#length += size
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  #varint(value: number): void {
    let rest = value
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.#bytes[this.#length++] = (rest % 128) | 0x80
    this.#bytes[this.#length++] = rest
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#length + more, this.#bytes.length * 2))
    grown.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = grown
  }
}

interface PackedRange {
  readonly start: number
  readonly end: number
  readonly width: number
}

function packBytes(values: Uint8Array | Uint32Array, { start, end, width }: PackedRange, target: Uint8Array, offset: number): void {
  let at = offset
  let held = 0
  let bits = 0
  for (let i = start; i < end; i++) {
    held |= values[i]! << bits
    bits += width
    if (bits >= 8) {
      target[at++] = held
      held >>>= 8
      bits -= 8
    }
  }
  if (bits > 0) target[at++] = held
}

/** Values of more than 8 bits leave up to 39 bits held: bit by bit of a byte would be slow, 32-bit numbers too short. */
function packWide(values: Uint8Array | Uint32Array, { start, end, width }: PackedRange, target: Uint8Array, offset: number): void {
  let at = offset
  let held = 0
  let bits = 0
  for (let i = start; i < end; i++) {
    let value = values[i]!
    let left = width
    while (left > 0) {
      const taken = Math.min(left, 8 - bits)
      held |= (value & ((1 << taken) - 1)) << bits
      value >>>= taken
      left -= taken
      bits += taken
      if (bits === 8) {
        target[at++] = held
        held = 0
        bits = 0
      }
    }
  }
  if (bits > 0) target[at++] = held
}
