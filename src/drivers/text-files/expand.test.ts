import { createHash } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expandFile, spoolStream } from './expand.js'
import { missing } from '../../../test/support/requires.js'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-expand-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const lines = Buffer.from(Array.from({ length: 50_000 }, (_, i) => `${i},${Math.imul(i, 2_654_435_761) >>> 0}\n`).join(''))
const sha256 = createHash('sha256').update(lines).digest('hex')

// A frame of zstd (RFC 8878) without compression, so that tests need no compressor: header, raw blocks, no checksum.
function zstdFrame(content: Buffer): Buffer {
  const size = Buffer.alloc(4)
  size.writeUInt32LE(content.length)
  const parts: Buffer[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0]), size]
  for (let at = 0; at < content.length; at += 100_000) {
    const block = content.subarray(at, at + 100_000)
    const header = Buffer.alloc(3)
    header.writeUIntLE((block.length << 3) | (at + block.length >= content.length ? 1 : 0), 0, 3)
    parts.push(header, block)
  }
  return Buffer.concat(parts)
}

async function expand(content: Buffer, options = {}): Promise<{ bytes: number; sha256: string; text: Buffer }> {
  const path = join(folder, 'rows.csv.gz')
  await writeFile(path, content)
  const result = await expandFile(path, join(folder, 'text'), options)
  return { ...result, text: await readFile(join(folder, 'text')) }
}

describe('expandFile', () => {
  it.each([
    ['gzip', gzipSync(lines)],
    ['gzip of several members', Buffer.concat([gzipSync(lines.subarray(0, 1000)), gzipSync(lines.subarray(1000))])],
    ['zstd', zstdFrame(lines)],
    ['zstd of several frames', Buffer.concat([zstdFrame(lines.subarray(0, 1000)), zstdFrame(lines.subarray(1000))])],
  ])('writes the text of %s', async (_, content) => {
    const { bytes, text, ...result } = await expand(content)
    expect(bytes).toBe(lines.length)
    expect(result.sha256).toBe(sha256)
    expect(text.equals(lines)).toBe(true)
  })

  it.each([
    ['gzip', gzipSync(lines).subarray(0, -20), /^rows\.csv\.gz is cut off, after \d+ bytes of text$/],
    ['zstd', zstdFrame(lines).subarray(0, -20), /^rows\.csv\.gz is cut off, after \d+ bytes of text$/],
    ['damaged gzip', damaged(gzipSync(lines)), /is damaged \(/],
    ['plain text', lines, /neither with gzip nor with zstd/],
    ['nothing', Buffer.alloc(0), /neither with gzip nor with zstd/],
  ])('refuses what is no whole file: %s', async (_, content, message) => {
    await expect(expand(content)).rejects.toThrow(message)
    await expect(expand(content)).rejects.toMatchObject({ code: 'SOURCE_INVALID' })
    expect(await readdir(folder)).toEqual(['rows.csv.gz'])
  })

  it('has a limit, and can be cancelled', async () => {
    await expect(expand(gzipSync(Buffer.alloc(10_000_000)), { limitBytes: 1_000_000 })).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' })
    await expect(expand(gzipSync(lines), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(await readdir(folder)).toEqual(['rows.csv.gz'])
  })

  it('tells how far it is', async () => {
    const seen: number[] = []
    await expand(gzipSync(lines), { progress: (bytes: number) => seen.push(bytes) })
    expect(seen.at(-1)).toBe(lines.length)
  })

  it.skipIf(missing('zstd') !== null)('reads what the zstd tool writes', async () => {
    const { text } = await expand(execFileSync('zstd', ['-c', '-q'], { input: lines, maxBuffer: 1 << 26 }))
    expect(text.equals(lines)).toBe(true)
  })
})

describe('spoolStream', () => {
  it('writes a stream to a file', async () => {
    const result = await spoolStream(Readable.from([lines.subarray(0, 10), lines.subarray(10)]), join(folder, 'pipe'))
    expect(result).toEqual({ bytes: lines.length, sha256 })
    expect((await readFile(join(folder, 'pipe'))).equals(lines)).toBe(true)
  })

  it('leaves nothing when the stream fails', async () => {
    const failing = Readable.from(
      (async function* () {
        yield Buffer.from('x')
        throw new Error('gone')
      })(),
    )
    await expect(spoolStream(failing, join(folder, 'pipe'))).rejects.toThrow('gone')
    expect(await readdir(folder)).toEqual([])
  })

  it('says why it cannot write', async () => {
    await expect(spoolStream(Readable.from(['x']), join(folder, 'nowhere/pipe'))).rejects.toMatchObject({ code: 'SINK_FAILED' })
  })
})

function damaged(bytes: Buffer): Buffer {
  bytes.fill(0xff, 5000, 5100)
  return bytes
}
