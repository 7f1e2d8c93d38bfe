/** Up to so many characters, a loop is faster than a call of Buffer. */
const short = 32

/** Texts in plain encoding: four bytes of length, little-endian, and the bytes in UTF-8 (Encodings.md, "Plain"). */
export class PlainTexts {
  #bytes = Buffer.alloc(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  append(text: string): void {
    const characters = text.length
    const needed = this.#length + 4 + characters * 3
    if (needed > this.#bytes.length) this.#grow(needed)
    const start = this.#length + 4
    let size = characters <= short ? writeAscii(text, this.#bytes, start) : -1
    if (size < 0) size = this.#bytes.write(text, start, 'utf8')
    // Little-endian by hand: a DataView is no faster, writeUInt32LE checks its arguments.
    this.#bytes[start - 4] = size
    this.#bytes[start - 3] = size >>> 8
    this.#bytes[start - 2] = size >>> 16
    this.#bytes[start - 1] = size >>> 24
    this.#length = start + size
  }

  /** The bytes; they hold until the next `append`. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length)
    this.#length = 0
    return taken
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafe(Math.max(needed, Math.min(this.#bytes.length * 2, this.#bytes.length + 16_777_216), 4096))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }
}

/** Writes a text of ASCII and gives its length; -1 at the first other character. */
function writeAscii(text: string, target: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 127) return -1
    target[at + i] = code
  }
  return text.length
}
