import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { linearModel } from '../fixtures/models.js'
import { loopTimesModel } from '../fixtures/loop-times-model.js'
import { readMetric, send } from '../support/http.js'
import { until } from '../support/until.js'
import { openWorkspace, type Workspace } from '../support/workspace.js'

let workspace: Workspace

beforeEach(async () => {
  workspace = await openWorkspace()
})
afterEach(() => workspace.remove())

interface Row {
  readonly id: string | number | null
  readonly y: number | string
  readonly _source?: string
  readonly _codes?: string | null
}

function file(name: string, rows: readonly Row[]): Promise<string> {
  return workspace.file(name, rows.map((row) => `${JSON.stringify({ _source: 'model', _codes: null, _model: 'm@1', ...row })}\n`).join(''))
}

/** A model whose predictions are stored under `id`. */
async function addModel(stored = ''): Promise<void> {
  await workspace.file('m/m.onnx', linearModel({ inputs: 1 }))
  const definition = `import { defineModel, number } from 'slipway'
export default defineModel({
  name: 'm', artifact: './m.onnx', input: { x: number() }, output: { y: number() },
  gather: { cards: { key: 'id', features: ['x'] } },
  fallback: () => ({ y: -1 }),
  ${stored}
})
`
  await workspace.json('models', 'add', await workspace.file('m/model.ts', definition))
}

async function load(name: string, rows: readonly Row[], ...options: readonly string[]): Promise<string> {
  const { set } = (await workspace.json('stored', 'load', 'm', '--from', await file(name, rows), '--key', 'id', ...options)) as {
    set: { id: string }
  }
  return set.id
}

const many = (y: number, count = 20): readonly Row[] => Array.from({ length: count }, (_, i) => ({ id: `k${i}`, y: y + i / 1000 }))

describe('stored predictions of a server', () => {
  it('are loaded, flipped, rolled back and collected by commands, and the server answers from them at once', async () => {
    await addModel()
    const server = await workspace.serve()
    const get = async (key: string): Promise<unknown> => (await send(`${server.url}/models/m/stored/${encodeURIComponent(key)}`)).json()
    expect(await get('k0')).toMatchObject({ error: { code: 'STORED_MISSING' } })

    const first = await load('one.jsonl', many(1), '--produced-at', '2026-11-20T03:00:00Z')
    expect(await get('k0')).toMatchObject({ error: { code: 'STORED_MISSING' } })
    await workspace.json('stored', 'flip', 'm')
    const answer = (await get('k0')) as { ageMs: number }
    expect(answer).toMatchObject({
      output: { y: 1 },
      source: 'stored',
      scoredBy: 'model',
      codes: [],
      set: first,
      model: { name: 'm', version: '1' },
    })
    expect(Math.abs(answer.ageMs - (Date.now() - Date.parse('2026-11-20T03:00:00Z')))).toBeLessThan(60_000)

    const second = await load('two.jsonl', many(1.0001))
    expect(await get('k0')).toMatchObject({ output: { y: 1 } })
    await workspace.json('stored', 'flip', 'm', second, '--max-psi', '100')
    expect(await get('k0')).toMatchObject({ output: { y: 1.0001 }, set: second })
    expect(await workspace.json('stored', 'rollback', 'm', '--reason', 'off')).toMatchObject({ set: first, kind: 'rollback' })
    expect(await get('k0')).toMatchObject({ output: { y: 1 }, set: first })

    expect(await workspace.json('stored', 'list', 'm')).toMatchObject({
      sets: [
        { id: second, active: false, rows: 20, state: 'complete' },
        { id: first, active: true },
      ],
      flips: [{ kind: 'rollback', reason: 'off' }, { set: second }, { set: first, previous: null }],
    })
    expect(await workspace.json('stored', 'get', 'm', 'k0', 'none')).toMatchObject({
      answers: [
        { key: 'k0', output: { y: 1 } },
        { key: 'none', output: null, codes: ['STORED_MISSING'] },
      ],
    })
    expect(await workspace.json('stored', 'gc', 'm', '--keep', '0')).toMatchObject({ dropped: [second], kept: [first] })
    expect((await send(`${server.url}/models/m/stored`)).json()).toMatchObject({
      model: 'm',
      active: { id: first, rows: 20, stale: false },
    })
    expect(await readMetric(server.url, 'slipway_stored_lookups_total{model="m",outcome="hit"}')).toBe(4)
    expect(await readMetric(server.url, 'slipway_stored_set_age_seconds{model="m"}')).toBeGreaterThan(0)
  })

  it('are refused by the gate when their scores have moved, and the exit code says so', async () => {
    await addModel()
    await load('one.jsonl', many(1))
    await workspace.json('stored', 'flip', 'm')
    const second = await load('two.jsonl', many(50))
    const refused = await workspace.run('stored', 'flip', 'm', '--json')
    expect(refused.code).toBe(7)
    expect(JSON.parse(refused.stdout)).toMatchObject({ error: { code: 'GATE_REFUSED', message: expect.stringMatching(/PSI/) as unknown } })
    expect(await workspace.json('stored', 'flip', 'm', second, '--force')).toMatchObject({ verdict: 'forced', flipped: true })
  })

  it('are found by any text, one or many at a time, all of one set', async () => {
    await addModel()
    const keys = ['a/b', 'ключ', '🐟', '100%', 'a b+c?d#e', '..', 'quote"\\', '17']
    await load('keys.jsonl', [
      ...keys.map((id, i) => ({ id, y: i })),
      { id: 'bad', y: 9, _source: 'fallback:heuristic', _codes: 'DEADLINE,INPUT_RANGE:x' },
    ])
    await workspace.json('stored', 'flip', 'm')
    const server = await workspace.serve()
    for (const [y, key] of keys.entries()) {
      if (key === '..') continue
      const reply = await send(`${server.url}/models/m/stored/${encodeURIComponent(key)}`)
      expect([key, reply.json()]).toMatchObject([key, { output: { y } }])
    }
    const reply = await send(`${server.url}/models/m/stored`, { body: { keys: [...keys.slice(0, 7), 17, 'none', 'bad'] } })
    const body = reply.json() as { set: string; answers: readonly { key: string; output: { y: number } | null }[] }
    expect(reply.status).toBe(200)
    expect(body.set).toMatch(/^load-/)
    expect(body.answers.map(({ output }) => output?.y)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, undefined, 9])
    expect(body.answers.slice(8)).toMatchObject([
      { key: 'none', source: 'none', error: { code: 'STORED_MISSING' } },
      { key: 'bad', scoredBy: 'fallback:heuristic', codes: ['DEADLINE', 'INPUT_RANGE:x'] },
    ])
    for (const [bad, code] of [
      [{}, 'INVALID_REQUEST'],
      [{ keys: [] }, 'INVALID_REQUEST'],
      [{ keys: [1.5] }, 'INVALID_REQUEST'],
      [{ keys: ['a'], more: 1 }, 'INVALID_REQUEST'],
      [{ keys: Array.from({ length: 1001 }, () => 'a') }, 'INVALID_REQUEST'],
      ['{"keys":', 'INVALID_JSON'],
    ] as const) {
      expect((await send(`${server.url}/models/m/stored`, { body: bad })).json()).toMatchObject({ error: { code } })
    }
    expect((await send(`${server.url}/models/m@1/stored/a`)).json()).toMatchObject({ error: { code: 'INVALID_REQUEST' } })
    expect((await send(`${server.url}/models/none/stored/a`)).json()).toMatchObject({ error: { code: 'MODEL_UNKNOWN' } })
  })

  it('are made live where the definition wants it: from the features of the key, or by the fallback', async () => {
    await addModel(`stored: { key: 'id', maxAgeMs: 1000, onStale: 'fallback', onMissing: 'predict' },`)
    await workspace.json('features', 'load', 'cards', '--key', 'id', '--input', await workspace.file('f.jsonl', '{"id":"new","x":5}\n'))
    await load('one.jsonl', many(1), '--produced-at', '2026-01-01T00:00:00Z')
    await workspace.json('stored', 'flip', 'm')
    const server = await workspace.serve()
    const stale = await send(`${server.url}/models/m/stored/k1`)
    expect(stale.json()).toMatchObject({ output: { y: -1 }, source: 'fallback:heuristic', codes: ['STORED_STALE'], set: null })
    const missing = await send(`${server.url}/models/m/stored/new`)
    expect(missing.json()).toMatchObject({ output: { y: 1.5 }, source: 'model', codes: ['STORED_MISSING'], model: { version: '1' } })
    const unknown = await send(`${server.url}/models/m/stored/other`)
    expect(unknown.json()).toMatchObject({ output: null, source: 'none', error: { code: 'GATHER_MISSING' } })
    expect(unknown.status).toBeGreaterThanOrEqual(400)
  })

  it('that cannot be stored end the load, or are left out when that is asked for', async () => {
    await addModel()
    const from = await file('bad.jsonl', [
      { id: 'a', y: 1 },
      { id: null, y: 2 },
      { id: 'a', y: 3 },
      { id: 'b', y: 'much' },
      { id: 'c', y: 4 },
    ])
    const args = ['stored', 'load', 'm', '--from', from, '--key', 'id']
    const refused = await workspace.run(...args, '--json')
    expect(refused.code).not.toBe(0)
    expect(JSON.parse(refused.stdout)).toMatchObject({
      error: { code: expect.stringMatching(/^(INPUT_TYPE|KEY_MISSING|KEY_DUPLICATE)$/) as unknown },
    })
    expect(await workspace.json(...args, '--skip-bad')).toMatchObject({ set: { rows: 2, state: 'complete' }, refused: 3 })
    // Again: nothing is done twice.
    expect(await workspace.json(...args, '--skip-bad')).toMatchObject({ set: { rows: 2 } })
  })

  it('answer while the worker of the model is busy without end', async () => {
    await workspace.json('models', 'add', await workspace.file('m.onnx', loopTimesModel()))
    await load('one.jsonl', many(1))
    await workspace.json('stored', 'flip', 'm')
    const server = await workspace.serve('--isolation', 'process', '--deadline-ms', '60000')
    const endless = send(`${server.url}/models/m/predict`, { body: { x: 1e12 } }).catch(() => null)
    await until('the worker is busy', async () => (await readMetric(server.url, 'slipway_inflight_requests{model="m",version="1"}')) === 1)
    const times: number[] = []
    for (let i = 0; i < 200; i++) {
      const start = performance.now()
      expect((await send(`${server.url}/models/m/stored/k${i % 20}`)).status).toBe(200)
      times.push(performance.now() - start)
    }
    expect(times.toSorted((a, b) => a - b)[100]).toBeLessThan(100)
    process.kill(server.pid, 'SIGKILL')
    await endless
  })
})
