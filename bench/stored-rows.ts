// Keys and values of the stored benchmark: `k0`, `k1`, … with predictions of 57 bytes whose digits name their set.

export const model = 'mlp'

/** The sets of the benchmark; the number is the first digit of every score in it. */
export type SetNumber = 1 | 2

export const setId = (set: SetNumber): string => `bench-${set}`
export const keyOf = (i: number): string => `k${i}`

const head = '{"output":{"score":0.'

/** The prediction stored under the key `i`. */
export function valueOf(set: SetNumber, i: number): string {
  const digits = (Math.imul(i, 2_654_435_761) >>> 0).toString().padStart(10, '0') + (i % 9973).toString().padStart(5, '0')
  return `${head}${set}${digits}},"source":"model"}`
}

/** The id of the set that a value was written for. */
export function setOfValue(value: string): string {
  return `bench-${value[head.length]}`
}

export type RowOrder = 'keyOrder' | 'shuffled'

/** The order in which a producer hands the keys 0 to `count` - 1 over; the same one whenever it is asked for. */
export function ordered(order: RowOrder, count: number): Uint32Array {
  return order === 'keyOrder' ? byText(count) : shuffled(count)
}

/** Whole numbers from 0 to `below` - 1 (xorshift, 32 bits), the same ones for the same seed. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** `k0`, `k1`, `k10`, `k100`, …: as texts are sorted. */
function byText(count: number): Uint32Array {
  const order = new Uint32Array(count)
  let number = 1
  for (let at = 1; at < count; at++) {
    order[at] = number
    if (number * 10 < count) number *= 10
    else {
      while (number % 10 === 9 || number + 1 >= count) number = Math.floor(number / 10)
      number++
    }
  }
  return order
}

function shuffled(count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  const random = randomNumbers(7)
  for (let i = count - 1; i > 0; i--) {
    const other = random(i + 1)
    const kept = order[i]!
    order[i] = order[other]!
    order[other] = kept
  }
  return order
}
