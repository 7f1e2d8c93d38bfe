import { SlipwayError } from '../../core/errors.js'

/** Reads chunks of any size as pieces of the size that is asked for. */
export class ExactReader {
  readonly #source: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)
  #at = 0

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** The next `length` bytes in storage of their own; null where the source ends before the first. SOURCE_INVALID where it ends within. */
  async read(length: number, what: string): Promise<Uint8Array | null> {
    const bytes = Buffer.allocUnsafeSlow(length)
    let filled = 0
    while (filled < length) {
      if (this.#at === this.#chunk.length && !(await this.#more())) {
        if (filled === 0) return null
        throw new SlipwayError('SOURCE_INVALID', `the Arrow stream breaks off within ${what}: ${filled} of ${length} bytes came`)
      }
      const count = Math.min(length - filled, this.#chunk.length - this.#at)
      bytes.set(this.#chunk.subarray(this.#at, this.#at + count), filled)
      filled += count
      this.#at += count
    }
    return bytes
  }

  async #more(): Promise<boolean> {
    for (;;) {
      const next = await this.#source.next()
      if (next.done === true) return false
      this.#chunk = next.value
      this.#at = 0
      if (next.value.length > 0) return true
    }
  }
}
