import { appendFile, cp } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { send } from '../../test/support/http.js'
import type { ServerProcess } from '../../test/support/slipway.js'
import { until } from '../../test/support/until.js'
import { openWorkspace, type Workspace } from '../../test/support/workspace.js'
import { readReviews, type Review, writeReviews } from './reviews-table.js'

const sentences = fileURLToPath(new URL('../../../shared/data/reviews', import.meta.url))
const absent = !existsSync(sentences)
const files = ['model.ts', 'tokens.ts', 'reviews.onnx', 'slipway.config.ts']

let workspace: Workspace
let config: string
let reviews: readonly Review[]
let server: ServerProcess | null = null

beforeAll(async () => {
  if (absent) return
  workspace = await openWorkspace()
  const folder = join(workspace.folder, 'reviews')
  for (const name of files) await cp(new URL(name, import.meta.url), join(folder, name))
  config = join(folder, 'slipway.config.ts')
  reviews = readReviews(sentences)
  writeReviews(sentences, join(folder, 'reviews.jsonl'))
  await workspace.json('models', 'add', folder)
})
afterAll(() => workspace?.remove())

interface Report {
  readonly state: string
  readonly counts: { readonly read: number; readonly written: number; readonly bad: number; readonly fallback: number }
  readonly stored: { readonly set: string; readonly gate: string; readonly flipped: boolean }
}

interface Output {
  readonly probability: number
  readonly sentiment: Review['label']
}

interface Lookup {
  readonly set: string
  readonly answers: readonly { readonly key: string; readonly output: Output; readonly source: string; readonly scoredBy: string }[]
}

/** The server's own schedule would run the batch before the command could. */
async function serveWithoutSchedule(): Promise<ServerProcess> {
  return workspace.serve('--config', await workspace.file('none.config.json', '{}'))
}

async function lookUp({ url }: ServerProcess, keys: readonly string[]): Promise<Lookup> {
  const reply = await send(`${url}/models/reviews/stored`, { body: { keys } })
  expect(reply.status).toBe(200)
  return reply.json() as Lookup
}

async function lookUpAll(from: ServerProcess): Promise<Lookup['answers']> {
  const answers: Lookup['answers'][number][] = []
  for (let at = 0; at < reviews.length; at += 1000) {
    answers.push(
      ...(
        await lookUp(
          from,
          reviews.slice(at, at + 1000).map(({ id }) => id),
        )
      ).answers,
    )
  }
  return answers
}

describe.skipIf(absent)(`the nightly reviews${absent ? ' (skipped: ../shared/data/reviews is absent)' : ''}`, () => {
  let first: Report

  it('are scored by the command, every sentence by the model', async () => {
    first = (await workspace.json('batch', 'run', 'nightly', '--config', config)) as Report
    expect(reviews).toHaveLength(3_000)
    expect(first).toMatchObject({
      state: 'completed',
      counts: { read: 3_000, written: 3_000, bad: 0, fallback: 0 },
      stored: { gate: 'passed', flipped: true },
    })
  })

  it('are answered from what was scored, as the model answers them now', async () => {
    server = await serveWithoutSchedule()
    const one = reviews.find(({ id }) => id === 'yelp-17')!
    const stored = (await send(`${server.url}/models/reviews/stored/yelp-17`)).json() as { output: Output }
    expect(stored).toMatchObject({ source: 'stored', scoredBy: 'model', codes: [], set: first.stored.set, model: { version: '1' } })
    const live = await send(`${server.url}/models/reviews/predict`, { body: { text: one.text } })
    expect((live.json() as { output: Output }).output).toEqual(stored.output)

    const rows = reviews.slice(0, 100)
    const { rows: predicted } = (
      await send(`${server.url}/models/reviews/predict`, { body: { rows: rows.map(({ text }) => ({ text })) } })
    ).json() as { rows: { output: Output }[] }
    const { answers } = await lookUp(
      server,
      rows.map(({ id }) => id),
    )
    expect(answers.map(({ output }) => output)).toEqual(predicted.map(({ output }) => output))
  })

  it('agree with what people said of the sentences, 8 times of 10 at least', async () => {
    const answers = await lookUpAll(server!)
    const right = answers.filter(({ output }, at) => output.sentiment === reviews[at]!.label)
    expect(answers.map(({ key }) => key)).toEqual(reviews.map(({ id }) => id))
    expect(right.length / answers.length).toBeGreaterThanOrEqual(0.8)
  })

  it('that are not there are refused, as the definition says', async () => {
    const reply = await send(`${server!.url}/models/reviews/stored/yelp-0`)
    expect([reply.status, reply.json()]).toMatchObject([404, { error: { code: 'STORED_MISSING' } }])
    await server!.stop()
  })

  it(
    'are scored again by the server that starts after a night, while every lookup is answered from one set',
    { timeout: 60_000 },
    async () => {
      await appendFile(join(workspace.folder, 'reviews/reviews.jsonl'), '{"id":"yelp-new","text":"Best tacos in town, we loved them!"}\n')
      server = await workspace.serve('--config', config)
      const running = server
      const keys = ['yelp-17', 'imdb-1', 'amazon-1000']
      const sets: string[] = []
      await until(
        'readers are flipped to the second set',
        async () => {
          const { set, answers } = await lookUp(running, keys)
          expect(answers.map(({ key, source }) => [key, source])).toEqual(keys.map((key) => [key, 'stored']))
          if (sets.at(-1) !== set) sets.push(set)
          return sets.length === 2
        },
        60_000,
      )
      expect(sets[0]).toBe(first.stored.set)
      const added = (await send(`${running.url}/models/reviews/stored/yelp-new`)).json()
      expect(added).toMatchObject({ output: { sentiment: 'positive' }, source: 'stored', set: sets[1] })
      // The report is written after the flip.
      const runs = await until('the second run has its report', async () => {
        const listed = (await workspace.json('batch', 'list')) as { runs: (Report & { name: string })[] }
        return listed.runs.length === 2 && listed.runs
      })
      expect(runs.map(({ name, state, counts }) => [name, state, counts.written])).toEqual([
        ['nightly', 'completed', 3_001],
        ['nightly', 'completed', 3_000],
      ])
    },
  )
})
