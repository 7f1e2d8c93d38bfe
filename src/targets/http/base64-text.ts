import { SlipwayError } from '../../core/errors.js'
import { utf8Text } from './utf8-text.js'

const base64 = /^[A-Za-z0-9+/]*={0,2}$/
const base64url = /^[A-Za-z0-9_-]*={0,2}$/

/** Bytes of a base64 text, of either alphabet; INVALID_REQUEST when it is none. */
export function base64Bytes(text: string): Buffer {
  if (!base64.test(text) && !base64url.test(text)) throw new SlipwayError('INVALID_REQUEST', 'a base64 text has other characters in it')
  return Buffer.from(text, 'base64')
}

/** The UTF-8 text that a base64 text stands for; INVALID_UTF8 when its bytes are none. */
export function base64Text(text: string): string {
  return utf8Text(base64Bytes(text))
}
