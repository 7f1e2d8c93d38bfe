import { describe, expect, it } from 'vitest'
import { joinReads, type FoundValues } from './join-reads.js'

const set = { id: 'a', model: 'fraud', version: '3', digest: 'sha256:0', producedAt: 1 }

/** Looks that are answered by hand. */
function joined(maxKeys: number, maxInFlight: number) {
  const looks: { model: string; keys: readonly string[]; answer(): void; fail(error: Error): void }[] = []
  const look = (model: string, keys: readonly string[]): Promise<FoundValues> =>
    new Promise((resolve, reject) => {
      const values = new Map(keys.filter((key) => key !== 'none').map((key) => [key, `"${key}"`]))
      looks.push({ model, keys, answer: () => resolve({ set, values }), fail: reject })
    })
  return { looks, read: joinReads({ look, maxKeys, maxInFlight, defer: setImmediate }) }
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('reads that are joined', () => {
  it('are one query for each model and turn, and split again', async () => {
    const { looks, read } = joined(100, 4)
    const reads = [read('fraud', ['x']), read('churn', ['y']), read('fraud', ['none', 'x', 'z'])]
    await turn()
    expect(looks.map(({ model, keys }) => [model, keys])).toEqual([
      ['fraud', ['x', 'none', 'x', 'z']],
      ['churn', ['y']],
    ])
    for (const one of looks) one.answer()
    expect((await Promise.all(reads)).map(({ values }) => values)).toEqual([['"x"'], ['"y"'], [null, '"x"', '"z"']])
  })

  it('are never cut in two, and have so many keys at most otherwise', async () => {
    const { looks, read } = joined(3, 4)
    const reads = [read('m', ['a', 'b']), read('m', ['c', 'd', 'e', 'f']), read('m', ['g'])]
    await turn()
    expect(looks.map(({ keys }) => keys)).toEqual([
      ['a', 'b', 'g'],
      ['c', 'd', 'e', 'f'],
    ])
    for (const one of looks) one.answer()
    await Promise.all(reads)
  })

  it('wait while too many queries are on their way, and are joined then', async () => {
    const { looks, read } = joined(100, 1)
    const first = read('m', ['a'])
    await turn()
    const later = [read('m', ['b'])]
    await turn()
    later.push(read('m', ['c']))
    expect(looks).toHaveLength(1)
    looks[0]!.answer()
    await first
    await turn()
    await turn()
    expect(looks[1]!.keys).toEqual(['b', 'c'])
    looks[1]!.fail(new Error('gone'))
    expect((await Promise.allSettled(later)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })

  it('are not asked for keys that no store holds', async () => {
    const { looks, read } = joined(100, 1)
    const one = read('m', ['', 'a\u0000', '\ud83d', 'ok'])
    await turn()
    expect(looks[0]!.keys).toEqual(['ok'])
    looks[0]!.answer()
    expect((await one).values).toEqual([null, null, null, '"ok"'])
  })

  it('can be abandoned', async () => {
    const { looks, read } = joined(100, 1)
    const abort = new AbortController()
    const one = read('m', ['a'], abort.signal)
    const other = read('m', ['b'])
    abort.abort()
    await expect(one).rejects.toMatchObject({ code: 'CANCELLED' })
    await expect(read('m', ['a'], abort.signal)).rejects.toMatchObject({ code: 'CANCELLED' })
    await turn()
    looks[0]!.answer()
    expect((await other).values).toEqual(['"b"'])
  })
})
