import type { Column, Columns, Frame } from '../core/frame.js'

/**
 * The columns with storage of their own: what is a view of the frame's is copied, since its builder uses that storage again while the
 * columns are still read.
 */
export function detach(columns: Columns, frame: Frame): Columns {
  const shared = new Set<unknown>()
  for (const { data, validity } of Object.values(frame.columns)) {
    if (ArrayBuffer.isView(data)) shared.add(data.buffer)
    if (validity !== null) shared.add(validity.buffer)
  }
  const detached: Record<string, Column> = Object.create(null)
  for (const name of Object.keys(columns)) detached[name] = withoutViews(columns[name]!, shared)
  return detached
}

function withoutViews(column: Column, shared: ReadonlySet<unknown>): Column {
  const { data, validity } = column
  const dataShared = ArrayBuffer.isView(data) && shared.has(data.buffer)
  const validityShared = validity !== null && shared.has(validity.buffer)
  if (!dataShared && !validityShared) return column
  return { ...column, data: dataShared ? data.slice() : data, validity: validityShared ? validity.slice() : validity }
}
