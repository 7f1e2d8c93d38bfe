/** Letters of the random part: 12 of base 36 hold 62 bits. */
const prefixLength = 12

/**
 * Makes short ids that do not repeat: a random prefix drawn once, and a counter. Letters and digits alone, so that they fit headers, paths
 * and metric labels; cheap enough for every request. `random` fills the bytes it is given, as crypto.getRandomValues does.
 */
export function createIdSource(random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array): () => string {
  const prefix = randomPrefix(random)
  let count = 0
  return () => prefix + (count++).toString(36)
}

function randomPrefix(random: (bytes: Uint8Array<ArrayBuffer>) => Uint8Array): string {
  let value = 0n
  for (const byte of random(new Uint8Array(16))) value = (value << 8n) | BigInt(byte)
  return value.toString(36).padStart(prefixLength, '0').slice(-prefixLength)
}
