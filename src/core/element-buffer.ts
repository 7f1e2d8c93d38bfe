import type { DataByDType, DType } from './dtype.js'
import { allocate } from './dtype.js'

/** Storage of this many elements is kept whatever happens; more is given back after this many uses that needed a quarter of it or less. */
const keptElements = 65_536
const patience = 64

/** Storage that elements are appended to; it doubles when it is full. */
export class ElementBuffer<D extends DType = DType> {
  readonly dtype: D
  length = 0
  #data: DataByDType[D]
  #capacity: number
  #idle = 0

  constructor(dtype: D, capacity = 16) {
    this.dtype = dtype
    this.#capacity = capacity
    this.#data = allocate(dtype, capacity)
  }

  /** The storage itself: elements from `length` on mean nothing. Growing replaces it. */
  get data(): DataByDType[D] {
    return this.#data
  }

  get capacity(): number {
    return this.#capacity
  }

  /** Makes room for `capacity` elements in all. */
  reserve(capacity: number): void {
    if (capacity <= this.#capacity) return
    this.#capacity = Math.max(capacity, this.#capacity * 2)
    const old = this.#data
    this.#data = allocate(this.dtype, this.#capacity)
    copyElements(old, 0, this.#data, 0, this.length)
  }

  /** Forgets every element, of which `used` were in use, for the storage to be used again. */
  recycle(used: number): void {
    this.length = 0
    if (this.dtype === 'string') (this.#data as string[]).fill('', 0, used)
    this.#idle = used * 4 <= this.#capacity ? this.#idle + 1 : 0
    if (this.#idle < patience || this.#capacity <= keptElements) return
    this.#idle = 0
    this.#capacity = Math.max(16, used)
    this.#data = allocate(this.dtype, this.#capacity)
  }

  /** Elements `start` to `end`: a view of the storage; a copy for strings. */
  view(start = 0, end: number = this.length): DataByDType[D] {
    return viewElements(this.#data, start, end)
  }
}

/** Elements `start` to `end` of tensor or column data: a view for typed arrays, a copy for plain arrays. */
export function viewElements<T extends object>(data: T, start: number, end: number): T {
  if (Array.isArray(data)) return data.slice(start, end) as T
  return (data as unknown as Uint8Array).subarray(start, end) as unknown as T
}

/** Copies `count` elements between two data of one type. */
export function copyElements<T extends object>(from: T, start: number, to: T, at: number, count: number): void {
  if (Array.isArray(from)) {
    for (let i = 0; i < count; i++) (to as unknown[])[at + i] = from[start + i]
  } else {
    const source = from as unknown as Uint8Array
    const whole = start === 0 && count === source.length
    ;(to as unknown as Uint8Array).set(whole ? source : source.subarray(start, start + count), at)
  }
}
