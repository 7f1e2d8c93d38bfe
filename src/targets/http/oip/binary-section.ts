import { SlipwayError } from '../../../core/errors.js'

/** The raw tensors behind the JSON of a request, taken off in input order. */
export class BinarySection {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  take(size: number, input: string): Uint8Array {
    const left = this.#bytes.length - this.#at
    if (size > left) {
      throw new SlipwayError(
        'INVALID_BINARY',
        `unexpected size for input '${input}': ${size} bytes are declared, ${left} are left in the body`,
      )
    }
    this.#at += size
    return this.#bytes.subarray(this.#at - size, this.#at)
  }

  /** Throws INVALID_BINARY when bytes are left over. */
  end(): void {
    const left = this.#bytes.length - this.#at
    if (left > 0) throw new SlipwayError('INVALID_BINARY', `the body has ${left} bytes more than its inputs declare`)
  }
}
