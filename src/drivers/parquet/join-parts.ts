import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import { SlipwayError } from '../../core/errors.js'
import type { OutputColumn } from '../../core/table.js'
import { decodeFooter, encodeFooter, magic } from './footer.js'
import type { Footer } from './footer.js'
import { schemaElements } from './schema.js'
import type { ThriftValue } from './thrift-writer.js'
import { writeAll } from './write-all.js'

export interface JoinOptions {
  readonly columns: readonly OutputColumn[]
  readonly createdBy: string
}

/** Bytes that are copied at once. */
const blockBytes = 4_194_304

/**
 * Writes one file of the row groups of parts, in their order: their bytes as they are, and one footer whose offsets are those of the new
 * file. INTEGRITY when a part is not one that we wrote with these columns, or was cut.
 */
export async function joinParts(parts: readonly string[], target: string, { columns, createdBy }: JoinOptions): Promise<void> {
  const schema = schemaElements(columns)
  const block = Buffer.allocUnsafeSlow(blockBytes)
  const file = await open(target, 'wx')
  try {
    let offset = await writeAll(file, [magic])
    let rows = 0
    const groups: Uint8Array[] = []
    for (const path of parts) {
      const part = await open(path)
      try {
        const { footer, end } = await readFooter(part, path, schema, offset - magic.length)
        await copy(part, { start: magic.length, end }, file, block)
        offset += end - magic.length
        rows += footer.rows
        for (const group of footer.groups) groups.push(group)
      } finally {
        await part.close()
      }
    }
    await writeAll(file, [encodeFooter({ schema, rows, groups, createdBy })])
  } finally {
    await file.close()
  }
}

interface PartFooter {
  readonly footer: Pick<Footer, 'rows' | 'groups'>
  /** Where the footer begins, and the row groups end. */
  readonly end: number
}

async function readFooter(part: FileHandle, path: string, schema: ThriftValue, shift: number): Promise<PartFooter> {
  const { size } = await part.stat()
  const tail = size < 12 ? null : await readRange(part, size - 8, 8)
  const length = tail?.subarray(4).equals(magic) === true ? tail.readUInt32LE(0) : 0
  const end = size - 8 - length
  if (length > 0 && end >= magic.length) {
    const footer = decodeFooter(await readRange(part, end, length), schema, shift)
    if (footer !== null) return { footer, end }
  }
  throw new SlipwayError(
    'INTEGRITY',
    `the part ${basename(path)} is not as it was written: remove it, and resume the run to write it again`,
  )
}

async function readRange(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  for (let done = 0; done < length;) {
    const { bytesRead } = await file.read(bytes, done, length - done, start + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return bytes
}

async function copy(from: FileHandle, { start, end }: { start: number; end: number }, to: FileHandle, block: Buffer): Promise<void> {
  for (let at = start; at < end;) {
    const { bytesRead } = await from.read(block, 0, Math.min(block.length, end - at), at)
    if (bytesRead === 0) throw new SlipwayError('INTEGRITY', 'a part became shorter while it was read')
    await writeAll(to, [block.subarray(0, bytesRead)])
    at += bytesRead
  }
}
