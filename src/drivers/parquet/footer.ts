import { schemaBytes } from './schema.js'
import { binary, encodeStruct, i32, i64, struct } from './thrift-writer.js'
import type { ThriftStruct, ThriftValue } from './thrift-writer.js'
import { decodeStruct, ThriftError } from './thrift-reader.js'

/** First and last bytes of a file (README.md of parquet-format, "File format"). */
export const magic: Uint8Array = Buffer.from('PAR1')

/** What a footer holds, as far as we write it. */
export interface Footer {
  readonly schema: ThriftValue
  readonly rows: number
  /** `RowGroup` structs, encoded. */
  readonly groups: readonly Uint8Array[]
  readonly createdBy: string
}

/** The end of a file: its metadata (parquet.thrift, `FileMetaData`), the length of that, and the magic bytes. */
export function encodeFooter({ schema, rows, groups, createdBy }: Footer): Buffer {
  const columns = schema.type === 'list' ? leavesOf(schema.items) : 0
  const order = struct({ 1: struct({}) })
  const metadata = encodeStruct(
    struct({
      1: i32(1),
      2: schema,
      3: i64(rows),
      4: { type: 'list', of: 'struct', items: groups.map((bytes) => ({ type: 'encoded', bytes })) },
      6: binary(createdBy),
      7: { type: 'list', of: 'struct', items: Array.from({ length: columns }, () => order) },
    }),
  )
  const length = Buffer.alloc(4)
  length.writeUInt32LE(metadata.length)
  return Buffer.concat([metadata, length, magic])
}

/** What is to be known of a row group to write it into a footer. */
export interface GroupSummary {
  readonly offset: number
  readonly bytes: number
  readonly rows: number
}

export function encodeGroup({ offset, bytes, rows }: GroupSummary, columns: readonly ThriftStruct[]): Buffer {
  return encodeStruct(
    struct({ 1: { type: 'list', of: 'struct', items: columns }, 2: i64(bytes), 3: i64(rows), 5: i64(offset), 6: i64(bytes) }),
  )
}

/**
 * Reads the metadata of a file that we wrote, its row groups moved by `shift` bytes. Null when they are not ours, or of another schema than
 * `schema`.
 */
export function decodeFooter(metadata: Uint8Array, schema: ThriftValue, shift: number): Pick<Footer, 'rows' | 'groups'> | null {
  try {
    const { fields } = decodeStruct(metadata)
    const createdBy = fields.get(6)
    const groups = fields.get(4)
    const own = createdBy?.type === 'binary' && Buffer.from(createdBy.value).toString().startsWith('slipway')
    if (!own || groups?.type !== 'list' || !sameSchema(fields.get(2), schema)) return null
    return { rows: numberOf(fields.get(3)), groups: groups.items.map((group) => encodeStruct(shifted(group, shift))) }
  } catch (thrown) {
    if (thrown instanceof ThriftError) return null
    throw thrown
  }
}

function sameSchema(found: ThriftValue | undefined, schema: ThriftValue): boolean {
  return found !== undefined && schemaBytes(found).equals(schemaBytes(schema))
}

/** A row group whose bytes lie `shift` further on: its own offset, and those of the pages of its columns. */
function shifted(group: ThriftValue, shift: number): ThriftStruct {
  const columns = group.type === 'struct' ? group.fields.get(1) : undefined
  if (columns?.type !== 'list') throw new ThriftError('a row group has no columns')
  const moved = columns.items.map((column) => moveIn(column, 3, (metadata) => moveAt(metadata, [9, 11], shift)))
  return moveIn(moveAt(group, [5], shift), 1, () => ({ ...columns, items: moved }))
}

function moveIn(value: ThriftValue, id: number, change: (field: ThriftValue) => ThriftValue): ThriftStruct {
  const field = value.type === 'struct' ? value.fields.get(id) : undefined
  if (value.type !== 'struct' || field === undefined) throw new ThriftError(`there is no field ${id}`)
  return { type: 'struct', fields: new Map(value.fields).set(id, change(field)) }
}

function moveAt(value: ThriftValue, ids: readonly number[], shift: number): ThriftStruct {
  if (value.type !== 'struct') throw new ThriftError('there is no struct')
  const fields = new Map(value.fields)
  for (const id of ids) if (fields.has(id)) fields.set(id, i64(numberOf(fields.get(id)) + shift))
  return { type: 'struct', fields }
}

function numberOf(value: ThriftValue | undefined): number {
  if (value?.type !== 'i64') throw new ThriftError('there is no number')
  return value.value
}

/** Nodes of a schema that have a type: groups have none. */
function leavesOf(elements: readonly ThriftValue[]): number {
  return elements.filter((element) => element.type === 'struct' && element.fields.has(1)).length
}
