/** Up to so many characters, a loop is faster than a call of Buffer for each text. */
const short = 32

/** From so many characters, one call for a block of texts is faster than loops. */
const worthJoining = 16

/** Texts that are joined at once. */
const blockTexts = 1024

/** Lengths of texts of ASCII as they stand before them: as characters, these are ASCII too. */
const lengths = Array.from({ length: 128 }, (_, length) => `${String.fromCharCode(length)}\0\0\0`)

/** Texts in plain encoding: four bytes of length, little-endian, and the bytes in UTF-8 (Encodings.md, "Plain"). */
export class PlainTexts {
  #bytes = Buffer.alloc(0)
  #length = 0

  get length(): number {
    return this.#length
  }

  appendAll(texts: readonly string[]): void {
    for (let start = 0; start < texts.length; start += blockTexts) {
      const end = Math.min(texts.length, start + blockTexts)
      if (!this.#appendJoined(texts, start, end)) for (let i = start; i < end; i++) this.append(texts[i]!)
    }
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

  /** Writes a block in one call; false, and nothing written, where a text is long or not ASCII. */
  #appendJoined(texts: readonly string[], start: number, end: number): boolean {
    // The first text stands for the block: where it is short, joining is not worth trying.
    if (texts[start]!.length < worthJoining) return false
    let joined = ''
    for (let i = start; i < end; i++) {
      const text = texts[i]!
      const length = lengths[text.length]
      if (length === undefined) return false
      joined += length + text
    }
    const needed = this.#length + joined.length * 3
    if (needed > this.#bytes.length) this.#grow(needed)
    const size = this.#bytes.write(joined, this.#length, 'utf8')
    // More bytes than characters: not all are ASCII, and the lengths are wrong.
    if (size !== joined.length) return false
    this.#length += size
    return true
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
