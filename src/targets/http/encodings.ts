import { deflate, gunzip, gzip, inflate } from 'node:zlib'
import { SlipwayError } from '../../core/errors.js'

/** The codings that bodies may have, in and out. */
export type Coding = 'gzip' | 'deflate'

const inflaters = { gzip: gunzip, deflate: inflate } as const
const deflaters = { gzip, deflate } as const

/** The body without its Content-Encoding (gzip, or deflate in its zlib wrapping). Stops inflating at `limit` bytes: PAYLOAD_TOO_LARGE. */
export function decompress(body: Buffer, encoding: string, limit: number): Promise<Buffer> {
  const coding = encoding.trim().toLowerCase()
  if (coding === 'identity' || coding === '') return Promise.resolve(body)
  if (!isCoding(coding)) return Promise.reject(unsupported(coding))
  return new Promise((resolve, reject) => {
    inflaters[coding](body, { maxOutputLength: limit }, (error, result) => {
      if (error === null) resolve(result)
      else reject(inflateError(error, coding, limit))
    })
  })
}

/** Triton's rule: an Accept-Encoding of exactly `gzip` or `deflate` asks for that; a list, as browsers send it, does not. */
export function acceptedCoding(header: string | undefined): Coding | null {
  return header !== undefined && isCoding(header) ? header : null
}

/** The body in a coding. */
export function compress(body: string | Uint8Array, coding: Coding): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    deflaters[coding](body, (error, result) => (error === null ? resolve(result) : reject(error)))
  })
}

function isCoding(text: string): text is Coding {
  return text === 'gzip' || text === 'deflate'
}

function unsupported(coding: string): SlipwayError {
  const shown = /^[\w ,;=.*-]{1,40}$/.test(coding) ? ` \`${coding}\`` : ''
  return new SlipwayError('UNSUPPORTED_MEDIA_TYPE', `Content-Encoding${shown} is not read; send gzip, deflate or no encoding`)
}

function inflateError(error: NodeJS.ErrnoException, coding: Coding, limit: number): SlipwayError {
  if (error.code === 'ERR_BUFFER_TOO_LARGE') {
    return new SlipwayError('PAYLOAD_TOO_LARGE', `the body is larger than ${limit} bytes when decompressed`, { cause: error })
  }
  return new SlipwayError('INVALID_ENCODING', `the body is not valid ${coding}`, { cause: error })
}
