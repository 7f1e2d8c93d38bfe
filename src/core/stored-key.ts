import type { ErrorCode } from './errors.js'

/** Longest key of a stored prediction: UTF-8 bytes. Every engine can index keys of this length whole. */
export const maxStoredKeyBytes = 1024

/** What is wrong with a key of a stored prediction, null for nothing: empty, too long, or with characters that not every engine keeps (NUL, lone surrogates). */
export function storedKeyFault(key: string): { readonly code: ErrorCode; readonly message: string } | null {
  if (key === '') return { code: 'KEY_MISSING', message: 'the key is empty' }
  if (unkept.test(key)) return { code: 'ROW_MALFORMED', message: 'the key has a NUL or half a surrogate pair' }
  // A UTF-16 unit is three bytes of UTF-8 at most.
  if (key.length * 3 <= maxStoredKeyBytes || utf8Bytes(key) <= maxStoredKeyBytes) return null
  return { code: 'ROW_MALFORMED', message: `the key is longer than ${maxStoredKeyBytes} bytes` }
}

// With the flag u, a surrogate matches only where it stands alone.
const unkept = /[\0\uD800-\uDFFF]/u

function utf8Bytes(text: string): number {
  let bytes = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    // Each half of a surrogate pair counts for two of its four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 2 : 3
  }
  return bytes
}
