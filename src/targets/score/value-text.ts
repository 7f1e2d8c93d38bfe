import type { Column } from '../../core/frame.js'
import { elementWriter, nestedText, stringText, valueText } from '../../core/json-writer.js'
import type { RepeatedTexts } from '../../core/table.js'
import { elementCount } from '../../core/tensor.js'

/** What writes the value of a row of a column as JSON. NaN and infinities are null, as JSON has no word for them. */
export function cellTexts(column: Column | RepeatedTexts): (row: number) => string {
  if ('indices' in column) {
    const texts = column.values.map((value) => (value === null ? 'null' : stringText(value)))
    return (row) => texts[column.indices[row]!]!
  }
  const { data, validity } = column
  const write = writerOf(column)
  return (row) => (validity?.[row] === 0 ? 'null' : write(data, row))
}

function writerOf({ dtype, shape }: Column): (data: ArrayLike<unknown>, row: number) => string {
  if (dtype === 'object') return (data, row) => valueText(data[row], 'null')
  if (shape.length > 0) {
    const size = elementCount(shape)
    return (data, row) => nestedText(data, dtype, shape, { start: row * size, nonFinite: 'null' })
  }
  const write = elementWriter(dtype, 'null')
  return (data, row) => write(data[row])
}
