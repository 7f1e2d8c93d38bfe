import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { acceptedCoding, compress, decompress } from './encodings.js'

const text = Buffer.from('{"a":1}')

describe('decompress', () => {
  it('reads gzip, deflate in its zlib wrapping, and no coding', async () => {
    expect(await decompress(gzipSync(text), 'gzip', 100)).toEqual(text)
    expect(await decompress(deflateSync(text), ' Deflate ', 100)).toEqual(text)
    expect(await decompress(text, 'identity', 100)).toEqual(text)
  })

  it('stops at the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(1_000_000))
    await expect(decompress(bomb, 'gzip', 1000)).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' })
    await expect(decompress(gzipSync(Buffer.alloc(1000)), 'gzip', 1000)).resolves.toHaveLength(1000)
  })

  it.each(['gzip', 'deflate'])('refuses what is not %s', async (coding) => {
    await expect(decompress(text, coding, 100)).rejects.toMatchObject({ code: 'INVALID_ENCODING' })
  })

  it('refuses other codings, without repeating odd ones', async () => {
    await expect(decompress(text, 'br', 100)).rejects.toMatchObject({
      code: 'UNSUPPORTED_MEDIA_TYPE',
      message: expect.stringContaining('`br`') as unknown,
    })
    await expect(decompress(text, '<x>', 100)).rejects.toMatchObject({ message: expect.not.stringContaining('<') as unknown })
  })
})

describe('the coding of an answer', () => {
  it('is asked for by exactly one name', () => {
    expect(['gzip', 'deflate', 'gzip, deflate', 'GZIP', '*', undefined].map(acceptedCoding)).toEqual([
      'gzip',
      'deflate',
      null,
      null,
      null,
      null,
    ])
  })

  it('comes back as it was', async () => {
    expect(gunzipSync(await compress('é', 'gzip')).toString()).toBe('é')
    expect(inflateSync(await compress(text, 'deflate'))).toEqual(text)
  })
})
