import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pythonEnvironment } from '../../bench/python-env.js'
import { manyInputModel } from '../fixtures/models.js'
import { missing } from '../support/requires.js'
import { openWorkspace, type Workspace } from '../support/workspace.js'
import { bridge, command, runScript, type ScriptCheck } from './run-script.js'
import { predictedScores } from './predicted-scores.js'

const skipped = missing('python3', 'java')

describe.skipIf(skipped !== null)(`Spark, two workers${skipped === null ? '' : ` (${skipped})`}`, () => {
  let workspace: Workspace
  let checks: readonly ScriptCheck[]

  beforeAll(async () => {
    const python = resolve(await pythonEnvironment('test/engines/spark-requirements.txt'))
    workspace = await openWorkspace()
    await workspace.json('models', 'add', await workspace.file('many.onnx', manyInputModel()))
    checks = await runScript(python, ['test/engines/spark_scores.py', command, workspace.state, workspace.folder], {
      PYTHONPATH: bridge,
      PYSPARK_PYTHON: python,
      PYSPARK_DRIVER_PYTHON: python,
      SPARK_LOCAL_IP: '127.0.0.1',
    })
  })
  afterAll(() => workspace?.remove())

  it('scores partitions in its executors, retries them, and leaves no process', () => {
    expect(checks.filter(({ ok }) => !ok)).toEqual([])
    expect(checks.length).toBe(12)
  })

  it('has the scores of slipway predict, to the last bit', async () => {
    const scores = checks.find(({ name }) => name === 'mapInArrow')!.scores!
    expect(scores).toEqual(await predictedScores(workspace))
  })
})
