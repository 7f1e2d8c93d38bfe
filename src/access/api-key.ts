import { createHash, randomBytes } from 'node:crypto'

/** A key as its owner holds it, taken apart; the secret is never stored. */
export interface ApiKeyParts {
  readonly id: string
  readonly secret: string
}

const pattern = /^slp_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/

/** A new key `slp_<id>_<secret>`: 8 random bytes that name it and 32 that prove it. */
export function generateApiKey(): { readonly id: string; readonly token: string } {
  const id = randomBytes(8).toString('hex')
  return { id, token: `slp_${id}_${randomBytes(32).toString('base64url')}` }
}

/** The parts of a text that has the form of a key; null for every other text. */
export function parseApiKey(token: string): ApiKeyParts | null {
  const match = pattern.exec(token)
  return match === null ? null : { id: match[1] as string, secret: match[2] as string }
}

/** SHA-256 of a secret. A plain hash is enough: the secret has 256 random bits, so there is nothing to guess. */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}
