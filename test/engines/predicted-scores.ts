import { slipway } from '../support/slipway.js'
import type { Workspace } from '../support/workspace.js'

/** Rows that the scripts make, in the same way: every 100th lacks what the model needs. */
export const rows: readonly Readonly<Record<string, unknown>>[] = Array.from({ length: 6000 }, (_, i) => ({
  ...(i % 100 === 7 ? {} : { amount: i / 7 }),
  count: i * 3,
  member: i % 2 === 0,
  country: ['DE', 'FR', 'é'][i % 3],
}))

interface Answer {
  readonly output: { readonly score: number } | null
  readonly source: string
  readonly codes: readonly string[]
}

/** What `slipway predict` answers to the rows, by id: score, source, codes. */
export async function predictedScores(workspace: Workspace): Promise<Readonly<Record<string, unknown>>> {
  const input = rows.map((row) => JSON.stringify(row)).join('\n')
  const { stdout } = await slipway(['predict', 'many', '--input', '-', '--state', workspace.state], { input })
  const answers = stdout.trim().split('\n')
  return Object.fromEntries(
    answers.map((line, id) => {
      const { output, source, codes } = JSON.parse(line) as Answer
      return [id, [output?.score ?? null, source, codes.length === 0 ? null : codes.join(',')]]
    }),
  )
}
