import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import * as arrow from 'apache-arrow'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { linearModel, manyInputModel } from '../fixtures/models.js'
import { isRunning } from '../support/processes.js'
import { slipway, type CommandResult } from '../support/slipway.js'
import { until, within } from '../support/until.js'
import { openWorkspace, type Workspace } from '../support/workspace.js'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

const chatty = `
import { defineModel, tensor, number } from 'slipway'
export default defineModel({
  name: 'chatty',
  artifact: './chatty.onnx',
  input: { x: tensor({ dtype: 'float32', shape: [4] }) },
  output: { y: number() },
  preprocess: (frame) => {
    console.log('a print of the definition')
    return { x: frame.columns.x.data }
  },
})
`

let workspace: Workspace

beforeAll(async () => {
  workspace = await openWorkspace()
  await workspace.json('models', 'add', await workspace.file('many.onnx', manyInputModel()))
  await workspace.file('chatty.onnx', linearModel({ inputs: 4 }))
  await workspace.json('models', 'add', await workspace.file('chatty.ts', chatty))
})
afterAll(() => workspace.remove())

const rows = Array.from({ length: 300 }, (_, i) => ({ amount: i / 7, count: i, member: i % 2 === 0, country: ['DE', 'FR', 'é'][i % 3]! }))

function score(args: readonly string[], lines: readonly string[]): Promise<CommandResult> {
  return slipway(['score', '--model', 'many', '--state', workspace.state, ...args], { input: lines.join('\n') })
}

function parsed(text: string): Record<string, unknown>[] {
  return text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

function start(model: string, ...args: readonly string[]): ChildProcess & { readonly stdin: NonNullable<ChildProcess['stdin']> } {
  const all = [main, 'score', '--model', model, '--format', 'arrow', '--state', workspace.state, ...args]
  return spawn(process.execPath, all, { stdio: 'pipe' }) as never
}

function table(count = rows.length): arrow.Table {
  const some = rows.slice(0, count)
  return new arrow.Table({
    id: arrow.vectorFromArray(
      some.map((_, i) => i),
      new arrow.Int32(),
    ),
    amount: arrow.vectorFromArray(
      some.map(({ amount }) => amount),
      new arrow.Float64(),
    ),
    count: arrow.vectorFromArray(
      some.map((row) => BigInt(row.count)),
      new arrow.Int64(),
    ),
    member: arrow.vectorFromArray(
      some.map(({ member }) => member),
      new arrow.Bool(),
    ),
    country: arrow.vectorFromArray(
      some.map(({ country }) => country),
      new arrow.Utf8(),
    ),
  })
}

interface Ended {
  readonly code: number | null
  readonly stdout: Buffer
  readonly stderr: string
}

async function ended(child: ChildProcess): Promise<Ended> {
  const out: Buffer[] = []
  let stderr = ''
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const [code] = (await within('the end of slipway score', once(child, 'close'))) as [number | null]
  return { code, stdout: Buffer.concat(out), stderr }
}

const endMarker = Buffer.from([255, 255, 255, 255, 0, 0, 0, 0])

describe('slipway score, JSON lines', () => {
  it('answers as slipway predict does, to the last bit, in order', async () => {
    const lines = rows.map((row) => JSON.stringify(row))
    const predicted = await slipway(['predict', 'many', '--input', '-', '--state', workspace.state], { input: lines.join('\n') })
    const { code, stdout } = await score([], lines)
    expect(code).toBe(0)
    expect(parsed(stdout)).toEqual(
      parsed(predicted.stdout).map(({ output }) => ({ ...(output as object), _source: 'model', _codes: null, _model: 'many@1' })),
    )
  })

  const odd = [JSON.stringify({ ...rows[1], id: 1 }), '{"id":2', '', '  ', '7', '{"id":12345678901234567890,"amount":"x"}']

  it('keeps a row that is refused in its place, and passes values on as they stand', async () => {
    const { code, stdout, stderr } = await score(['--pass', 'id'], odd)
    expect(code).toBe(0)
    expect(parsed(stdout).map(({ score: y, _source, _codes }) => [typeof y, _source, _codes])).toEqual([
      ['number', 'model', null],
      ['object', 'none', 'ROW_MALFORMED'],
      ['object', 'none', 'INPUT_TYPE'],
      ['object', 'none', 'INPUT_TYPE:amount,INPUT_MISSING:count,INPUT_MISSING:member,INPUT_MISSING:country'],
    ])
    expect(stdout).toContain('{"id":12345678901234567890,"score":null')
    expect(parsed(stderr)).toEqual([
      { model: 'many@1', digest: expect.stringMatching(/^sha256:/) as string },
      { rows: 4, refused: 3, fallback: 0 },
    ])
  })

  it('drops refused rows, or ends at the first, where it is told to', async () => {
    const dropped = await score(['--pass', '*', '--bad', 'drop'], odd)
    expect(parsed(dropped.stdout)).toEqual([expect.objectContaining({ id: 1, country: 'FR', _source: 'model' })])
    const failed = await score(['--pass', 'id', '--bad', 'fail', '--batch-rows', '1'], odd)
    expect(failed.code).toBe(3)
    expect(parsed(failed.stdout)).toHaveLength(1)
    expect(failed.stderr).toMatch(/"code":"BAD_ROWS","message":"line 2 was refused/)
  })

  it('judges fields that it does not know as every other way does', async () => {
    const { stdout } = await score([], [JSON.stringify({ ...rows[1], id: 1 })])
    expect(parsed(stdout)).toEqual([expect.objectContaining({ score: null, _codes: 'INPUT_UNKNOWN' })])
    const passing = await score(['--pass', 'id'], [JSON.stringify({ ...rows[1], id: 1, day: 2 })])
    expect(parsed(passing.stdout)).toEqual([expect.objectContaining({ id: 1, _codes: 'INPUT_UNKNOWN' })])
  })

  it('answers each line before the next is read with --batch-rows 1', async () => {
    const args = [main, 'score', '--model', 'many', '--state', workspace.state, '--batch-rows', '1']
    const child = spawn(process.execPath, args, { stdio: 'pipe' })
    const end = ended(child)
    for (const row of rows.slice(0, 3)) {
      const answer = once(child.stdout, 'data')
      child.stdin.write(`${JSON.stringify(row)}\n`)
      expect(String(((await within('an answer', answer)) as [Buffer])[0])).toContain('"_source":"model"')
    }
    child.stdin.end()
    expect((await end).code).toBe(0)
  })

  it('answers nothing to nothing', async () => {
    expect(await score([], [])).toMatchObject({ code: 0, stdout: '' })
  })

  it('refuses a passed column with the name of an output', async () => {
    expect(await score(['--pass', 'score'], [])).toMatchObject({ code: 2, stderr: expect.stringContaining('CONFIG_INVALID') as string })
  })
})

describe('slipway score, Arrow', () => {
  it('writes a batch for a batch, with the scores of JSON lines', async () => {
    const child = start('many', '--pass', 'id')
    const end = ended(child)
    const batches = Array.from({ length: 3 }, (_, i) => table().slice(i * 100, (i + 1) * 100))
    child.stdin.end(arrow.RecordBatchStreamWriter.writeAll(batches.flatMap(({ batches: parts }) => parts)).toUint8Array(true))
    const { code, stdout } = await end
    expect(code).toBe(0)
    const scored = arrow.tableFromIPC(stdout)
    expect(scored.batches.map(({ numRows }) => numRows)).toEqual([100, 100, 100])
    const lines = parsed(
      (
        await score(
          [],
          rows.map((row) => JSON.stringify(row)),
        )
      ).stdout,
    )
    expect(Array.from(scored, (row) => row!.toJSON())).toEqual(lines.map((line, id) => ({ id, ...line })))
  })

  it('writes the schema as soon as it knows that of the input, and waits for its reader', async () => {
    const child = start('many')
    const bytes = arrow.tableToIPC(table(0), 'stream')
    const first = once(child.stdout!, 'data')
    child.stdin.write(bytes.subarray(0, bytes.length - endMarker.length))
    expect(((await within('the schema', first)) as [Buffer])[0].includes('_source')).toBe(true)
    const end = ended(child)
    child.stdin.end(endMarker)
    expect((await end).code).toBe(0)
  })

  it.each([
    ['that breaks off', (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 40), 'SOURCE_INVALID'],
    ['without its end marker', (bytes: Uint8Array) => bytes.subarray(0, bytes.length - 8), 'SOURCE_INVALID'],
    ['that is none', () => Buffer.from('id,amount\n1,2\n'), 'SOURCE_INVALID'],
    ['that is empty', () => Buffer.alloc(0), 'SOURCE_INVALID'],
    ['without a column', () => arrow.tableToIPC(table().select(['id', 'amount', 'count', 'member']), 'stream'), 'SOURCE_SCHEMA'],
    [
      'with a column of another type',
      () => arrow.tableToIPC(table().assign(new arrow.Table({ amount: arrow.vectorFromArray(['a'], new arrow.Utf8()) })), 'stream'),
      'SOURCE_SCHEMA',
    ],
  ])('refuses a stream %s, and leaves its own without an end marker', async (_, damage, expected) => {
    const child = start('many')
    const end = ended(child)
    child.stdin.end(damage(arrow.tableToIPC(table(), 'stream')))
    const { code, stdout, stderr } = await end
    expect(code).toBe(3)
    expect(stdout.subarray(-endMarker.length).equals(endMarker)).toBe(false)
    expect(parsed(stderr).at(-1)).toMatchObject({ error: { code: expected } })
  })

  it('keeps the prints of a definition out of the stream', async () => {
    const child = start('chatty')
    const end = ended(child)
    const x = arrow.vectorFromArray([[1, 2, 3, 4]], new arrow.FixedSizeList(4, new arrow.Field('item', new arrow.Float32(), true)))
    child.stdin.end(arrow.tableToIPC(new arrow.Table({ x }), 'stream'))
    const { stdout, stderr } = await end
    expect(arrow.tableFromIPC(stdout).numRows).toBe(1)
    expect(stderr).toContain('a print of the definition')
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('ends at %s, without an end marker', async (signal) => {
    const child = start('many')
    const first = once(child.stdout!, 'data')
    const end = ended(child)
    const bytes = arrow.tableToIPC(table(), 'stream')
    child.stdin.write(bytes.subarray(0, bytes.length - endMarker.length))
    await within('the first answer', first)
    child.kill(signal)
    const { code, stdout, stderr } = await end
    expect(code).toBe(6)
    expect(stdout.subarray(-endMarker.length).equals(endMarker)).toBe(false)
    expect(parsed(stderr).at(-1)).toMatchObject({ error: { code: 'CANCELLED' } })
  })

  it.each([[[]], [['--with-parent']]])('ends when the process is killed that feeds it %s', async (flags) => {
    const bytes = Buffer.from(arrow.tableToIPC(table(), 'stream').subarray(0, -endMarker.length))
    const command = [main, 'score', '--model', 'many', '--format', 'arrow', '--state', workspace.state, ...flags]
    const script = `
      const child = require('node:child_process').spawn(process.execPath, ${JSON.stringify(command)}, { stdio: ['pipe', 'pipe', 'ignore'] })
      child.stdin.write(Buffer.from('${bytes.toString('base64')}', 'base64'))
      child.stdout.once('data', () => console.log(child.pid))`
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    const pid = Number(((await within('the first answer', once(parent.stdout, 'data'))) as [Buffer])[0])
    expect(isRunning(pid)).toBe(true)
    parent.kill('SIGKILL')
    await until('the end of the orphan', () => !isRunning(pid), 2000)
  })

  it('tells the columns that it adds', async () => {
    const { code, stdout } = await slipway(['score', '--model', 'many', '--schema', '--state', workspace.state])
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      model: 'many@1',
      ddl: '`score` double, `_source` string, `_codes` string, `_model` string',
    })
  })

  it('says that a model is not there', async () => {
    const child = start('nobody')
    const end = ended(child)
    child.stdin.on('error', () => undefined)
    child.stdin.end(arrow.tableToIPC(table(), 'stream'))
    const { code, stdout, stderr } = await end
    expect([code, stdout.length]).toEqual([4, 0])
    expect(parsed(stderr)).toEqual([{ error: expect.objectContaining({ code: 'MODEL_UNKNOWN' }) as object }])
  })
})
