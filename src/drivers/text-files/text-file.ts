import { isUtf8 } from 'node:buffer'
import { open, type FileHandle } from 'node:fs/promises'
import { SlipwayError } from '../../core/errors.js'
import type { InputFile } from '../../core/table.js'

/** Opens a source file. SOURCE_INVALID where it cannot be. */
export async function openText(file: InputFile): Promise<FileHandle> {
  try {
    return await open(file.path, 'r')
  } catch (thrown) {
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown error'
    throw new SlipwayError('SOURCE_INVALID', `${file.name} cannot be read: ${code}`, { cause: thrown })
  }
}

/** Where the text of a file begins, behind its byte order mark. SOURCE_INVALID, naming what was found, for what is no UTF-8 text. */
export async function textStart(handle: FileHandle, file: InputFile): Promise<number> {
  const head = Buffer.alloc(4096)
  const { bytesRead } = await handle.read(head, 0, head.length, 0)
  const bytes = head.subarray(0, bytesRead)
  const found = foreign(bytes)
  if (found !== null) throw new SlipwayError('SOURCE_INVALID', `${file.name} is ${found}, where UTF-8 text was expected`)
  return startsWith(bytes, [0xef, 0xbb, 0xbf]) ? 3 : 0
}

const signatures: readonly (readonly [string, readonly number[]])[] = [
  ['UTF-32 text', [0xff, 0xfe, 0, 0]],
  ['UTF-32 text', [0, 0, 0xfe, 0xff]],
  ['UTF-16 text (little endian)', [0xff, 0xfe]],
  ['UTF-16 text (big endian)', [0xfe, 0xff]],
  ['compressed with gzip', [0x1f, 0x8b]],
  ['compressed with zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['a zip archive (or spreadsheet)', [0x50, 0x4b, 3, 4]],
  ['a Parquet file', [0x50, 0x41, 0x52, 0x31]],
  ['a SQLite database', [...Buffer.from('SQLite format 3\0')]],
]

function foreign(bytes: Buffer): string | null {
  const known = signatures.find(([, signature]) => startsWith(bytes, signature))
  if (known !== undefined) return known[0]
  const zero = bytes.indexOf(0)
  if (zero < 0) return null
  // ASCII as UTF-16 has a zero in every other byte.
  if (bytes.length >= 4 && bytes[zero % 2] === 0 && bytes[(zero % 2) + 2] === 0) return 'UTF-16 text without a byte order mark'
  return isUtf8(bytes.subarray(0, zero)) ? null : 'binary data'
}

function startsWith(bytes: Buffer, signature: readonly number[]): boolean {
  return signature.every((byte, i) => bytes[i] === byte)
}
