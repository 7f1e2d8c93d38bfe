import { resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pythonEnvironment } from '../../bench/python-env.js'
import { manyInputModel } from '../fixtures/models.js'
import { missing } from '../support/requires.js'
import { openWorkspace, type Workspace } from '../support/workspace.js'
import { predictedScores } from './predicted-scores.js'
import { bridge, command, runScript, type ScriptCheck } from './run-script.js'

const skipped = missing('python3')

describe.skipIf(skipped !== null)(`Ray Data, two actors${skipped === null ? '' : ` (${skipped})`}`, () => {
  let workspace: Workspace
  let checks: readonly ScriptCheck[]

  beforeAll(async () => {
    const python = resolve(await pythonEnvironment('test/engines/ray-requirements.txt'))
    workspace = await openWorkspace()
    await workspace.json('models', 'add', await workspace.file('many.onnx', manyInputModel()))
    checks = await runScript(python, ['test/engines/ray_scores.py', command, workspace.state, workspace.folder], {
      PYTHONPATH: bridge,
      RAY_USAGE_STATS_ENABLED: '0',
      // The paths of Ray's sockets must be short.
      TMPDIR: '/tmp',
    })
  })
  afterAll(() => workspace?.remove())

  it('scores blocks in its actors, starts killed ones again, and leaves no process', () => {
    expect(checks.filter(({ ok }) => !ok)).toEqual([])
    expect(checks.length).toBe(9)
  })

  it('has the scores of slipway predict, to the last bit', async () => {
    const scores = checks.find(({ name }) => name === 'map_batches')!.scores!
    expect(scores).toEqual(await predictedScores(workspace))
  })
})
