import { isUtf8 } from 'node:buffer'
import type { FileHandle } from 'node:fs/promises'
import { SlipwayError } from '../../core/errors.js'

/** Bytes that are read at once. */
const blockBytes = 1_048_576

/** A range of a file, read block after block; what is not used yet stays in the window. A line feed stands behind the last byte, so that loops find an end. */
export class ByteWindow {
  /** Valid from `at` to `filled`; another array after `fill`. */
  bytes: Buffer
  at = 0
  filled = 0
  /** Place in the file of `bytes[0]`. */
  offset: number
  readonly #file: FileHandle
  readonly #end: number
  readonly #name: string
  #next: number
  #validUntil = 0

  constructor(
    file: FileHandle,
    range: { readonly start: number; readonly end: number; readonly name: string },
    capacity: number = blockBytes,
  ) {
    this.#file = file
    this.#end = range.end
    this.#name = range.name
    this.#next = range.start
    this.offset = range.start
    this.bytes = Buffer.allocUnsafeSlow(capacity + 1)
  }

  /** Whether the range is in the window as far as it goes. */
  get complete(): boolean {
    return this.#next >= this.#end
  }

  /** Reads on until the window is full or the range ends; the window grows when what is unused takes more than half of it. */
  async fill(signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) throw new SlipwayError('CANCELLED', 'reading was cancelled', { cause: signal.reason })
    this.#makeRoom()
    while (!this.complete && this.filled < this.bytes.length - 1) {
      const wanted = Math.min(this.bytes.length - 1 - this.filled, this.#end - this.#next)
      const { bytesRead } = await this.#file.read(this.bytes, this.filled, wanted, this.#next)
      if (bytesRead === 0) throw new SlipwayError('SOURCE_INVALID', `${this.#name} became shorter while it was read`)
      this.filled += bytesRead
      this.#next += bytesRead
    }
    this.bytes[this.filled] = 10
    this.#validUntil = 0
  }

  /** Moves to a place of the file, inside the window or beyond it. */
  seek(place: number): void {
    if (place >= this.offset && place <= this.offset + this.filled) {
      this.at = place - this.offset
      return
    }
    this.at = 0
    this.filled = 0
    this.offset = place
    this.#next = place
  }

  /** Moves behind the next line feed, or to the end of the range. */
  async skipLine(signal?: AbortSignal): Promise<void> {
    for (;;) {
      const found = this.bytes.indexOf(10, this.at)
      if (found >= 0 && found < this.filled) {
        this.at = found + 1
        return
      }
      this.at = this.filled
      if (this.complete) return
      await this.fill(signal)
    }
  }

  /** Whether the bytes of a record that starts at `at` and ends before `end` are UTF-8. */
  validUtf8(end: number): boolean {
    if (end <= this.#validUntil) return true
    if (this.#validUntil === 0) {
      // A line feed is never part of a longer character: bytes up to one can be judged together.
      const lines = this.complete ? this.filled : this.bytes.subarray(0, this.filled).lastIndexOf(10) + 1
      this.#validUntil = isUtf8(this.bytes.subarray(this.at, lines)) ? lines : -1
    }
    return end <= this.#validUntil || isUtf8(this.bytes.subarray(this.at, end))
  }

  #makeRoom(): void {
    const kept = this.filled - this.at
    const grow = kept * 2 > this.bytes.length
    const target = grow ? Buffer.allocUnsafeSlow((this.bytes.length - 1) * 2 + 1) : this.bytes
    this.bytes.copy(target, 0, this.at, this.filled)
    this.bytes = target
    this.offset += this.at
    this.filled = kept
    this.at = 0
  }
}
