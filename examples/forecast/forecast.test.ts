import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'libsql'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OutputOf, RowOf } from 'slipway'
import { predictRows } from '../../src/model/answer.js'
import type { RunReport } from '../../src/targets/batch/run-report.js'
import { openWorkspace, type Workspace } from '../../test/support/workspace.js'
import { openExample, readGolden } from '../open-example.js'
import { amountOn } from './curve.js'
import forecast from './model.js'

type Row = RowOf<typeof forecast.input>
type Output = OutputOf<typeof forecast.output>

const here = new URL('./', import.meta.url)

describe('the forecast model', () => {
  it('answers as scikit-learn did, with the curve through the points', async () => {
    const predictor = await openExample(here, forecast)
    const golden = await readGolden<Row, Output>(new URL('golden.json', here))
    const answers = await predictRows(
      predictor,
      golden.rows.map(({ input }) => input),
    )
    for (const [i, answer] of answers.entries()) {
      const expected = golden.rows[i]!.output
      for (const name of ['day30', 'day90', 'day180', 'day365'] as const) {
        expect(Math.abs(answer.output![name] / expected[name] - 1)).toBeLessThan(golden.tolerance)
      }
      const { scale, exponent, day365, day730 } = answer.output!
      expect(day730).toBe(amountOn({ scale, exponent }, 730))
      expect(day730).toBeGreaterThan(day365)
    }
    await predictor.close()
  })
})

describe('the monthly job', () => {
  let workspace: Workspace
  let folder: string
  const reports: RunReport[] = []

  beforeAll(async () => {
    workspace = await openWorkspace()
    folder = join(workspace.folder, 'forecast')
    cpSync(fileURLToPath(here), folder, { recursive: true, filter: (path) => !path.endsWith('.sqlite') })
    await workspace.json('models', 'add', fileURLToPath(here))
    for (const month of ['01', '02']) {
      const logical = ['--logical-time', `2026-${month}-03T05:00:00Z`]
      reports.push(
        (await workspace.json('batch', 'run', 'monthly', '--config', join(folder, 'slipway.config.ts'), ...logical)) as RunReport,
      )
    }
  }, 120_000)
  afterAll(() => workspace.remove())

  it('forecasts every cohort, leaves the broken row out and has the fallback answer for a country that it never saw', () => {
    expect(reports[0]).toMatchObject({ state: 'completed', counts: { read: 840, written: 840, bad: 0, fallback: 0 } })
    expect(reports[1]).toMatchObject({ state: 'completed', counts: { read: 842, written: 841, bad: 1, fallback: 1 } })
    expect(reports[1]!.badCodes).toMatchObject([{ code: 'INPUT_TYPE:paidDay3', rows: 1 }])
    expect(reports[1]!.rowCodes).toMatchObject([{ code: 'INPUT_CATEGORY:country', rows: 1 }])
  })

  it('writes targets and curve into the database, a table a month', () => {
    const database = new Database(join(folder, 'forecasts.sqlite'))
    const rows = database.prepare('SELECT * FROM forecast_2026_02 ORDER BY cohort').all() as Record<string, number | string | null>[]
    expect(rows).toHaveLength(841)
    expect(rows[0]).toMatchObject({
      cohort: '2026-02-01/direct/BR',
      channel: 'direct',
      _source: 'model',
      _codes: null,
      _model: 'forecast@1',
    })
    for (const row of rows) {
      expect(row['day730']).toBe(amountOn({ scale: Number(row['scale']), exponent: Number(row['exponent']) }, 730))
    }
    expect(rows.at(-1)).toMatchObject({ country: 'XX', _source: 'fallback:curve-of-week-one', _codes: 'INPUT_CATEGORY:country' })
    database.close()
  })

  it('says how far February is from January', () => {
    expect(reports[0]!.reference).toBeNull()
    const { run, psi } = reports[1]!.reference!
    expect(run).toBe(reports[0]!.run)
    expect(Object.keys(psi)).toEqual(Object.keys(forecast.output))
    for (const value of Object.values(psi)) expect(value).toBeLessThan(0.1)
  })
})
