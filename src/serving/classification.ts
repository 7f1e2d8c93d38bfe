import { SlipwayError } from '../core/errors.js'
import { bfloat16ToNumber, float16ToNumber } from '../core/half.js'
import { elementWriter } from '../core/json-writer.js'
import type { Tensor } from '../core/tensor.js'

/**
 * The best `classes` elements of each row as texts `value:index` or `value:index:label`, best first
 * (T:docs/protocol/extension_classification.md).
 */
export function bestClasses(tensor: Tensor, classes: number, labels: readonly string[] | null): Tensor<'string'> {
  const { dtype, data } = tensor
  if (dtype === 'string' || dtype === 'bool') throw new SlipwayError('INVALID_REQUEST', `an output of ${dtype} has no classes to rank`)
  const rows = tensor.shape[0]!
  const size = rows === 0 ? 0 : data.length / rows
  const count = Math.min(classes, size)
  const write = elementWriter(dtype, 'literal')
  const texts: string[] = []
  for (let row = 0; row < rows; row++) {
    const scores = Array.from({ length: size }, (_, i) => scoreAt(tensor, row * size + i))
    const order = scores.map((_, i) => i).sort((a, b) => descending(scores[a]!, scores[b]!))
    for (const index of order.slice(0, count)) {
      const label = labels?.[index]
      texts.push(`${write(data[row * size + index])}:${index}${label === undefined ? '' : `:${label}`}`)
    }
  }
  return { dtype: 'string', shape: [rows, count], data: texts }
}

function scoreAt({ dtype, data }: Tensor, index: number): number | bigint {
  const element = data[index] as number | bigint
  if (dtype === 'float16') return float16ToNumber(element as number)
  return dtype === 'bfloat16' ? bfloat16ToNumber(element as number) : element
}

/** NaN last; equal scores keep their order. */
function descending(a: number | bigint, b: number | bigint): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
  if (a === b) return 0
  return a < b ? 1 : -1
}
