import { allocate } from '../core/dtype.js'
import { copyElements } from '../core/element-buffer.js'
import { SlipwayError } from '../core/errors.js'
import type { CategoryField, Field } from '../core/field.js'
import type { Column } from '../core/frame.js'
import type { Tensor } from '../core/tensor.js'
import { describeTensor, elementCount } from '../core/tensor.js'
import { toColumn } from './output-columns.js'

/** How the tensor of a run is laid out in rows. */
interface RowLayout {
  readonly field: Field
  readonly rows: number
  readonly rowShape: readonly number[]
}

/** Reads an output column from a tensor of a run. */
export type OutputReader = (tensor: Tensor, layout: RowLayout) => Column

/** The tensor as it is, cast to the field's type. */
export function readWhole(name: string): OutputReader {
  return (tensor, { field, rows, rowShape }) => toColumn(name, field, { ...tensor, shape: [rows, ...rowShape] }, rows)
}

/** `size` elements of every row, from `offset` on. */
export function readPart(name: string, offset: number, size: number): OutputReader {
  return (tensor, { field, rows, rowShape }) => {
    const stride = elementCount(rowShape)
    if (offset + size > stride) {
      throw new SlipwayError(
        'POSTPROCESS_FAILED',
        `expected ${offset + size} elements a row of \`${name}\`, received ${describeTensor(tensor)}`,
      )
    }
    const data = allocate(tensor.dtype, rows * size)
    for (let row = 0; row < rows; row++) copyElements(tensor.data as object, row * stride + offset, data as object, row * size, size)
    const shape = field.kind === 'tensor' ? [rows, ...(field.shape as readonly number[])] : [rows]
    return toColumn(name, field, { dtype: tensor.dtype, shape, data }, rows)
  }
}

/** Class labels that are integers: the category of that name (`'3'`), or else the one at that place. */
export function readCategory(name: string): OutputReader {
  return (tensor, { field, rows }) => {
    const { categories } = field as CategoryField
    const byName = categories.every((category) => /^-?\d+$/.test(category))
    if (tensor.data.length !== rows) {
      throw new SlipwayError('POSTPROCESS_FAILED', `expected ${rows} labels from \`${name}\`, received ${describeTensor(tensor)}`)
    }
    const data = Array.from(tensor.data as ArrayLike<number | bigint>, (label) => {
      const text = String(label)
      return byName ? text : (categories[Number(label)] ?? text)
    })
    return { dtype: 'string', shape: [], data, validity: null }
  }
}
