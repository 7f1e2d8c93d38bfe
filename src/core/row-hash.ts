/**
 * FNV-1a (Fowler, Noll, Vo; 64 bits) with 16 bits a step: the UTF-16 code units of key, a NUL and value. Sums of it modulo 2^64 tell sets of rows
 * apart, whatever their order.
 */
export class RowHash {
  #low = 0
  #high = 0

  /** Adds one row to the sum. */
  add(key: string, value: string): void {
    let low = offsetLow
    let high = offsetHigh
    const text = `${key}\u0000${value}`
    for (let i = 0; i < text.length; i++) {
      low ^= text.charCodeAt(i)
      // The prime is 2^40 + 0x1b3: multiply the halves, carry by hand.
      const product = (low >>> 0) * 0x1b3
      high = (Math.imul(high, 0x1b3) + Math.floor(product / 0x1_0000_0000) + (low << 8)) | 0
      low = product | 0
    }
    const sum = (this.#low >>> 0) + (low >>> 0)
    this.#low = sum | 0
    this.#high = (this.#high + high + (sum > 0xffff_ffff ? 1 : 0)) | 0
  }

  /** Adds the sum of other rows, as `hex` gave it. */
  merge(hex: string): void {
    const low = Number.parseInt(hex.slice(8), 16)
    const sum = (this.#low >>> 0) + low
    this.#low = sum | 0
    this.#high = (this.#high + Number.parseInt(hex.slice(0, 8), 16) + (sum > 0xffff_ffff ? 1 : 0)) | 0
  }

  /** 16 hex digits. */
  hex(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
  }
}

const offsetLow = 0x84222325 | 0
const offsetHigh = 0xcbf29ce4 | 0
