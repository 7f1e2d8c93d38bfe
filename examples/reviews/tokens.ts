/** Rows of the weight table; ids are 1 to `buckets`, and 0 pads. */
export const buckets = 65_536
/** Ids that one sentence gives at most; what comes later in the text is dropped. */
export const maxIds = 256

const stemLength = 4
/** Words that a negation reaches. */
const negationReach = 3
const negations = new Set(['not', 'no', 'never', 'nothing', 'without', 'nor', 'hardly', 'cannot', 'dont'])
const word = /[\p{L}\p{N}]+(?:'[\p{L}\p{N}]+)*/gu
const encoder = new TextEncoder()

// What a hash starts with says what it is of: a word nothing, a stem `~`, a pair the word before and a space, a negated word `!`.
const start = 0x811c9dc5
const stemStart = fnv1a(encoder.encode('~'))
const negatedStart = fnv1a(encoder.encode('!'))
const space = encoder.encode(' ')

/** Letters and digits, with apostrophes inside; lower case, composed (NFC). */
export function wordsOf(text: string): string[] {
  return text.normalize('NFC').toLowerCase().replaceAll('\u2019', "'").match(word) ?? []
}

/**
 * At most `maxIds` different ids, in order of the text: each word, its stem, the pair with the word before, its negated form.
 * The same step as tokens.py.
 */
export function tokenIds(text: string): number[] {
  const ids = new Set<number>()
  let before = start
  let reach = 0
  for (const found of wordsOf(text)) {
    const bytes = encoder.encode(found)
    const plain = fnv1a(bytes)
    ids.add(bucketOf(plain))
    ids.add(bucketOf(fnv1a(encoder.encode(stemOf(found)), stemStart)))
    ids.add(bucketOf(fnv1a(bytes, fnv1a(space, before))))
    if (reach > 0) ids.add(bucketOf(fnv1a(bytes, negatedStart)))
    reach = negations.has(found) || found.endsWith("n't") ? negationReach : Math.max(reach - 1, 0)
    before = plain
    if (ids.size >= maxIds) break
  }
  return [...ids].slice(0, maxIds)
}

/** The first letters, as whole code points. */
function stemOf(text: string): string {
  return Array.from(text).slice(0, stemLength).join('')
}

/** 32-bit FNV-1a (Fowler, Noll, Vo); `state` continues an earlier hash. */
export function fnv1a(bytes: Uint8Array, state: number = start): number {
  let hash = state
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** The id of a hash: its two halves folded, as FNV's authors advise for tables of a power of two. */
function bucketOf(hash: number): number {
  return ((hash >>> 16) ^ (hash & 0xffff)) + 1
}
