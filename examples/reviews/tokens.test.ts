import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { buckets, fnv1a, maxIds, tokenIds, wordsOf } from './tokens.js'

interface Vector {
  readonly text: string
  readonly ids: readonly number[]
}

const vectors = JSON.parse(readFileSync(new URL('./tokens.vectors.json', import.meta.url), 'utf8')) as readonly Vector[]

describe('the words of a review', () => {
  it('hash by FNV-1a as its authors publish it', () => {
    const hash = (text: string): number => fnv1a(new TextEncoder().encode(text))
    expect([hash(''), hash('a'), hash('foobar')]).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968])
  })

  it.each(vectors)('get the ids that Python gives them: $text', ({ text, ids }) => {
    expect(tokenIds(text)).toEqual(ids)
  })

  it('include those that no vector would show: a negation reaches three words, and every one of them differs from the plain word', () => {
    const plain = new Set(tokenIds('one two three four'))
    const negated = tokenIds('not one two three four').filter((id) => !plain.has(id))
    // `not`, its stem and its pair, three negated words, and the pair "not one" in place of the pair that begins the text.
    expect(negated).toHaveLength(7)
  })

  it('stay within the table, and a long text within its limit', () => {
    const ids = tokenIds(Array.from({ length: 500 }, (_, i) => `word${i}`).join(' '))
    expect(ids).toHaveLength(maxIds)
    expect(ids.every((id) => id >= 1 && id <= buckets)).toBe(true)
  })

  it('are none in a text without letters or digits, lone surrogates included', () => {
    expect(wordsOf(' … \uD800 !?')).toEqual([])
    expect(tokenIds('')).toEqual([])
  })
})
