import { SlipwayError } from '../../core/errors.js'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of UTF-8 bytes; INVALID_UTF8 when they are none. */
export function utf8Text(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (error) {
    throw new SlipwayError('INVALID_UTF8', 'the bytes are not valid UTF-8', { cause: error })
  }
}
