import { describe, expect, it } from 'vitest'
import { imageModel, linearModel, manyInputModel } from '../../../test/fixtures/models.js'
import { openModel } from '../../../test/fixtures/open-predictor.js'
import { defineModel } from '../../model/define-model.js'
import { number } from '../../core/fields.js'
import type { ModelDefinition } from '../../model/definition.js'
import { createJsonlPipe } from './jsonl-pipe.js'
import { type ScoreCounts, type ScoreOptions, scoreStream } from './score-stream.js'

interface Scored {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  readonly counts: ScoreCounts
}

interface Request extends Partial<Omit<ScoreOptions, 'predictor'>> {
  readonly definition?: ModelDefinition
  /** Bytes of a piece of the input. */
  readonly piece?: number
  /** Lines that come together. */
  readonly lines?: number
}

async function* pieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size))
}

async function score(model: Uint8Array, text: string, { definition, piece = 7, lines = 100, ...options }: Request = {}): Promise<Scored> {
  const { predictor } = await openModel(model, definition === undefined ? {} : { definition })
  let written = ''
  const write = (bytes: Uint8Array): Promise<void> => {
    written += Buffer.from(bytes).toString()
    return Promise.resolve()
  }
  try {
    const all = { predictor, pass: [], bad: 'null', batchRows: 100, signal: new AbortController().signal, ...options } as const
    const counts = await scoreStream(createJsonlPipe(pieces(text, piece), write, lines), all)
    const rows = written.split('\n').filter((line) => line !== '')
    return { rows: rows.map((line) => JSON.parse(line) as Record<string, unknown>), counts }
  } finally {
    await predictor.close()
  }
}

const rows = Array.from({ length: 23 }, (_, i) => ({ amount: i / 7, count: i, member: i % 2 === 0, country: i % 5 === 0 ? null : 'DE' }))
const text = rows.map((row) => JSON.stringify(row)).join('\r\n')

describe('scoreStream', () => {
  it('gives the same rows however the input is cut', async () => {
    const whole = await score(manyInputModel(), text, { piece: 10_000 })
    expect(whole.counts).toEqual({ rows: 23, refused: 5, fallback: 0 })
    for (const [piece, lines, batchRows] of [
      [1, 4, 100],
      [13, 23, 5],
      [64, 7, 3],
    ] as const) {
      expect(await score(manyInputModel(), text, { piece, lines, batchRows })).toEqual(whole)
    }
  })

  it('scores tensors of unlike shapes, each row by itself', async () => {
    const image = (side: number): unknown =>
      [1, 2, 4].map((level) => Array.from({ length: side }, () => Array.from({ length: side }, () => level)))
    const lines = [2, 3, 1].map((side) => JSON.stringify({ image: image(side) })).join('\n')
    const { rows: scored, counts } = await score(imageModel({ dynamic: true }), lines)
    expect(counts).toEqual({ rows: 3, refused: 0, fallback: 0 })
    expect(scored.map(({ logits }) => logits)).toEqual([
      [3, 6],
      [3, 6],
      [3, 6],
    ])
  })

  const guarded = defineModel({
    name: 'guarded',
    artifact: 'linear.onnx',
    input: { x: number({ max: 10, onFail: 'fallback' }) },
    output: { y: number() },
    preprocess: (frame) => ({ x: frame.columns.x.data }),
    fallback: () => ({ y: -1 }),
  }) as unknown as ModelDefinition

  it('counts the rows that a fallback answers, and does not ask it for lines that are none', async () => {
    const { rows: scored, counts } = await score(linearModel({ inputs: 1 }), '{"x":1}\n{"x":11}\n{"x":', { definition: guarded })
    expect(counts).toEqual({ rows: 3, refused: 1, fallback: 1 })
    expect(scored.map(({ _source, _codes, y }) => [_source, _codes, y === -1])).toEqual([
      ['model', null, false],
      ['fallback:heuristic', 'INPUT_RANGE:x', true],
      ['none', 'ROW_MALFORMED', false],
    ])
  })

  it('says which line was refused, where that ends the work', async () => {
    const failed = score(manyInputModel(), `\n\n${text}`, { bad: 'fail', lines: 2 })
    await expect(failed).rejects.toMatchObject({ code: 'BAD_ROWS', message: 'line 3 was refused (INPUT_MISSING:country)' })
  })

  it('refuses a row with a member of the name of an output, when all are passed on', async () => {
    const failed = score(manyInputModel(), JSON.stringify({ ...rows[1], SCORE: 1 }), { pass: '*' })
    await expect(failed).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  it('passes on values as they stand, and the first of a name', async () => {
    const line = '{"id": 1e400 ,"amount":1,"count":1,"id":2,"member":true,"country":"DE","note":{"a":[1, 2]}}'
    const { predictor } = await openModel(manyInputModel())
    let written = ''
    const write = (bytes: Uint8Array): Promise<void> => {
      written += Buffer.from(bytes).toString()
      return Promise.resolve()
    }
    const options = { predictor, bad: 'null', batchRows: 1, signal: new AbortController().signal } as const
    await scoreStream(createJsonlPipe(pieces(line, 9), write, 1), { ...options, pass: ['note', 'id', 'absent'] })
    await predictor.close()
    expect(written).toMatch(/^\{"note":\{"a":\[1, 2\]\},"id":1e400,"absent":null,"score":/)
  })
})
