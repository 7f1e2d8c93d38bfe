import type { FileHandle } from 'node:fs/promises'

/** Buffers that one call of the system takes (IOV_MAX is 1,024 on Linux and macOS). */
const mostBuffers = 512

/** Appends buffers to a file, all of their bytes; gives how many those are. */
export async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<number> {
  let written = 0
  for (let at = 0; at < pieces.length; at += mostBuffers) written += await writeSome(file, pieces.slice(at, at + mostBuffers))
  return written
}

async function writeSome(file: FileHandle, pieces: readonly Uint8Array[]): Promise<number> {
  const total = pieces.reduce((sum, { length }) => sum + length, 0)
  let { bytesWritten } = await file.writev(pieces)
  // A nearly full disk takes a part of the bytes; what is left then fails with the reason.
  while (bytesWritten < total) {
    const rest = Buffer.concat(pieces).subarray(bytesWritten)
    bytesWritten += (await file.write(rest)).bytesWritten
  }
  return total
}
