import { isBigInt } from '../../core/dtype.js'
import { SlipwayError } from '../../core/errors.js'
import { elementWriter } from '../../core/json-writer.js'
import type { Tensor } from '../../core/tensor.js'

/** The best `classes` elements of each row as texts `value:index` or `value:index:label`, best first (Triton's classification extension). */
export function bestClasses(tensor: Tensor, classes: number, labels: readonly string[] | null): Tensor<'string'> {
  const { dtype, data } = tensor
  if (dtype === 'string' || dtype === 'bool') throw new SlipwayError('INVALID_REQUEST', `an output of ${dtype} has no classes to rank`)
  const rows = tensor.shape[0]!
  const size = data.length / rows
  const count = Math.min(classes, size)
  const write = elementWriter(dtype, 'literal')
  const texts: string[] = []
  for (let row = 0; row < rows; row++) {
    const at = row * size
    const order = Array.from({ length: size }, (_, index) => index).sort((a, b) => compare(data[at + b]!, data[at + a]!))
    for (const index of order.slice(0, count)) {
      const label = labels?.[index]
      texts.push(`${write(data[at + index])}:${index}${label === undefined ? '' : `:${label}`}`)
    }
  }
  return { dtype: 'string', shape: [rows, count], data: texts }

  function compare(a: number | bigint | string, b: number | bigint | string): number {
    if (isBigInt(dtype)) return a === b ? 0 : a < b ? -1 : 1
    return rank(a as number) - rank(b as number)
  }
}

/** NaN ranks last, and infinities have a difference. */
function rank(value: number): number {
  return Number.isNaN(value) ? -Number.MAX_VALUE : Math.min(Math.max(value, -Number.MAX_VALUE), Number.MAX_VALUE)
}
