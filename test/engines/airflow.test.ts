import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pythonEnvironment } from '../../bench/python-env.js'
import { manyInputModel } from '../fixtures/models.js'
import { missing } from '../support/requires.js'
import { openWorkspace, type Workspace } from '../support/workspace.js'
import { command } from './run-script.js'

const skipped = missing('python3')
const run = promisify(execFile)
const dags = fileURLToPath(new URL('../../examples/airflow/dags', import.meta.url))

/** What the metadata database says of a run. */
const found = `
import json, sqlite3, sys
base = sqlite3.connect(sys.argv[1])
day = sys.argv[2] + '%'
state, run = base.execute('select state, run_id from dag_run where logical_date like ?', (day,)).fetchone()
tasks = dict((task, [state, tries]) for task, state, tries in base.execute('select task_id, state, try_number from task_instance where run_id = ?', (run,)))
values = dict(base.execute("select task_id, value from xcom where run_id = ? and key = 'return_value'", (run,)))
print(json.dumps({'state': state, 'tasks': tasks, 'values': {task: json.loads(value) for task, value in values.items()}}))
`

interface DagRun {
  readonly state: string
  readonly tasks: Readonly<Record<string, readonly [state: string, tries: number]>>
  readonly values: Readonly<Record<string, unknown>>
}

describe.skipIf(skipped !== null)(`Airflow${skipped === null ? '' : ` (${skipped})`}`, () => {
  let workspace: Workspace
  let python: string
  let env: NodeJS.ProcessEnv

  beforeAll(async () => {
    python = resolve(await pythonEnvironment('test/engines/airflow-requirements.txt'))
    workspace = await openWorkspace()
    await workspace.json('models', 'add', await workspace.file('many.onnx', manyInputModel()))
    env = {
      ...process.env,
      AIRFLOW_HOME: join(workspace.folder, 'airflow'),
      AIRFLOW__CORE__DAGS_FOLDER: dags,
      AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
      PYTHONDONTWRITEBYTECODE: '1',
      SCORES_FOLDER: workspace.folder,
      SCORES_MODEL: 'many',
      SLIPWAY_STATE: workspace.state,
      SLIPWAY_COMMAND: command,
    }
    await airflow('db', 'migrate')
  })
  afterAll(() => workspace?.remove())

  function airflow(...args: readonly string[]): Promise<unknown> {
    return run(python, ['-m', 'airflow', ...args], { env, maxBuffer: 64 * 1024 * 1024 })
  }

  /** Runs the example for a day, to its end. */
  async function dagRun(day: string): Promise<DagRun> {
    await airflow('dags', 'test', 'score_nightly', day).catch(() => undefined)
    const { stdout } = await run(python, ['-c', found, join(workspace.folder, 'airflow', 'airflow.db'), day], { env })
    return JSON.parse(stdout) as DagRun
  }

  it('scores the rows of a day, and hands the summary on', async () => {
    const rows = Array.from({ length: 50 }, (_, id) => ({ id, amount: id / 7, count: id, member: id % 2 === 0, country: 'DE' }))
    await workspace.file('in/2026-01-02.jsonl', rows.map((row) => JSON.stringify(row)).join('\n'))
    await workspace.file('out/.keep', '')
    const { state, tasks, values } = await dagRun('2026-01-02')
    const output = join(workspace.folder, 'out/2026-01-02.jsonl')
    expect([state, tasks]).toEqual(['success', { score: ['success', 1], report: ['success', 1] }])
    expect(values['score']).toMatchObject({ state: 'completed', counts: { written: 50 }, logicalTime: '2026-01-02T00:00:00.000Z' })
    expect(values['report']).toBe(`50 rows in ${output}`)
    expect(readFileSync(output, 'utf8').trim().split('\n')).toHaveLength(50)
  })

  it('fails at once on a day without rows, since another try would end the same', async () => {
    const { state, tasks } = await dagRun('2026-01-03')
    expect([state, tasks['score'], tasks['report']?.[0]]).toEqual(['failed', ['failed', 1], 'upstream_failed'])
  })
})
