import type { Data, DataType, Vector } from 'apache-arrow'
import type { Arrow } from './load-arrow.js'

/** The rows at `rows` of a column, copied, whatever its type. */
export function selectData(arrow: Arrow, data: Data, rows: Uint32Array): Data {
  const { type } = data as { readonly type: DataType }
  if (arrow.DataType.isDictionary(type)) {
    const indices = selectData(arrow, data.clone(type.indices as never) as Data, rows)
    return arrow.makeData({
      type,
      length: rows.length,
      nullCount: indices.nullCount,
      nullBitmap: indices.nullBitmap,
      data: indices.values as never,
      dictionary: data.dictionary as Vector,
    } as never) as Data
  }
  const vector = new arrow.Vector([data]) as Vector
  const builder = arrow.makeBuilder({ type, nullValues: [null, undefined] })
  for (const row of rows) builder.append(vector.get(row))
  return builder.finish().flush()
}
