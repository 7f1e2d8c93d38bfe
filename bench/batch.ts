// Batch scoring side by side with Python and Ray on the same cores: `npm run bench:batch [-- --json] [--rows 10000000] [--csv-rows 1000000]
// [--rounds 5] [--ray-rounds 1] [--only parquet,csv,arrow,malformed]`. Parquet -> MLP 20-64-32-1 -> Parquet, guards on; the peers' scripts are in
// bench/peers. Memory is the sum of the proportional set sizes (PSS) of all processes of a run, by /proc, twice a second: looking takes time from who is looked at.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { cp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { batchInput, batchModel } from './batch-data.js'
import { median } from './processes.js'
import { pythonEnvironment } from './python-env.js'

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rows: { type: 'string', default: '10000000' },
    'csv-rows': { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '5' },
    'ray-rounds': { type: 'string', default: '1' },
    only: { type: 'string', default: 'parquet,csv,arrow,malformed' },
  },
})
const rows = Number(flags.rows)
const csvRows = Number(flags['csv-rows'])
const rounds = Number(flags.rounds)
const only = new Set(flags.only.split(','))
const cli = resolve('dist/cli/main.js')
const peers = resolve('bench/peers')
const folder = mkdtempSync(join(tmpdir(), 'slipway-batch-'))
const state = join(folder, 'state')
/** A run that takes longer is no figure any more. */
const limitMs = 1_800_000

interface Measured {
  readonly rowsPerSecond: number
  readonly peakMb: number
}

interface Finished {
  readonly stdout: string
  readonly seconds: number
  readonly peakMb: number
}

function note(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Runs a command to its end on both cores and watches the memory of all its processes. */
function measured(command: string, args: readonly string[], redirect = ''): Promise<Finished> {
  return new Promise((done, failed) => {
    const start = performance.now()
    const quoted = [command, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
    const child = spawn('bash', ['-c', `exec ${quoted} ${redirect}`], { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    let stdout = ''
    let stderr = ''
    let peakMb = 0
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-4000)))
    const watch = setInterval(() => (peakMb = Math.max(peakMb, groupMb(child.pid!))), 500)
    const limit = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), limitMs)
    child.on('error', failed)
    child.on('close', (code) => {
      clearInterval(watch)
      clearTimeout(limit)
      if (code === 0) done({ stdout, seconds: (performance.now() - start) / 1000, peakMb })
      else failed(new Error(`${command} ${args.join(' ')} ended with ${code}: ${stdout.slice(-500)}${stderr}`))
    })
  })
}

/** MiB of the processes of a session, shared pages shared out (proc_pid_smaps(5)). */
function groupMb(session: number): number {
  let kb = 0
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]) !== session) continue
      kb += Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0)
    } catch {
      // The process has ended meanwhile.
    }
  }
  return kb / 1024
}

interface Report {
  readonly elapsedMs: number
  readonly counts: { readonly read: number; readonly written: number; readonly bad: number; readonly fallback: number }
}

/** One run of `slipway batch run`; its time is that of the report: workers started, every row durable, report written. */
async function slipway(from: string, to: string, more: readonly string[] = []): Promise<Measured & { readonly counts: Report['counts'] }> {
  const flagsOf = { model: 'mlp', from, to: join(folder, to), key: 'id', types: 'id=integer', state }
  const words = Object.entries(flagsOf).flatMap(([name, value]) => [`--${name}`, value])
  const { stdout, peakMb } = await measured(process.execPath, [
    cli,
    'batch',
    'run',
    ...words,
    '--json',
    '--quiet',
    '--restart',
    '--overwrite',
    ...more,
  ])
  const { elapsedMs, counts } = JSON.parse(stdout) as Report
  return { rowsPerSecond: (counts.read * 1000) / elapsedMs, peakMb, counts }
}

async function peer(python: string, script: string, args: readonly string[]): Promise<Measured> {
  const { stdout, peakMb } = await measured(python, [join(peers, script), ...args])
  const { rowsPerSecond } = JSON.parse(stdout.trim().split('\n').at(-1)!) as { rowsPerSecond: number }
  return { rowsPerSecond, peakMb }
}

/** Runs the contestants in turn, `rounds` times each; medians by name. */
async function contest(
  contestants: Readonly<Record<string, { readonly rounds: number; run(): Promise<Measured> }>>,
): Promise<Record<string, Measured>> {
  const found: Record<string, Measured[]> = {}
  const most = Math.max(...Object.values(contestants).map((contestant) => contestant.rounds))
  for (let round = 0; round < most; round++) {
    for (const [name, contestant] of Object.entries(contestants)) {
      if (round >= contestant.rounds) continue
      const result = await contestant.run()
      note(`  ${name}: ${Math.round(result.rowsPerSecond).toLocaleString('en')} rows/s, ${Math.round(result.peakMb)} MiB`)
      ;(found[name] ??= []).push(result)
    }
  }
  const entries = Object.entries(found).map(([name, results]): [string, Measured] => [
    name,
    {
      rowsPerSecond: Math.round(median(results.map((each) => each.rowsPerSecond))),
      peakMb: Math.round(Math.max(...results.map((each) => each.peakMb))),
    },
  ])
  return Object.fromEntries(entries)
}

const ratio = (a: Measured | undefined, b: Measured | undefined): number | null =>
  a === undefined || b === undefined ? null : Math.round((a.rowsPerSecond / b.rowsPerSecond) * 100) / 100

const report: Record<string, unknown> = { rows, csvRows, rounds }
try {
  const python = await pythonEnvironment('bench/requirements-batch.txt')
  const { definition, onnx } = batchModel()
  await cp(definition, join(folder, 'model.ts'))
  await cp(onnx, join(folder, 'mlp.onnx'))
  await measured(process.execPath, [cli, 'models', 'add', join(folder, 'model.ts'), '--state', state])
  if (only.has('parquet')) report['parquet'] = await parquet(python, onnx)
  if (only.has('csv')) report['csv'] = await csv(python, onnx)
  if (only.has('arrow')) report['arrow'] = await arrow(python)
  if (only.has('malformed')) report['malformed'] = await malformed()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.stdout.write(`${JSON.stringify(report, null, flags.json ? undefined : 2)}\n`)

async function parquet(python: string, onnx: string): Promise<object> {
  const input = await batchInput({ format: 'parquet', rows })
  note(`Parquet, ${rows} rows`)
  const common = ['--model', onnx, '--input', input]
  const results = await contest({
    slipway: { rounds, run: () => slipway(input, 'out.parquet') },
    'slipway, folder of parts': { rounds, run: () => slipway(input, 'out/') },
    'pyarrow, one process': {
      rounds,
      run: () => peer(python, 'batch_pandas.py', ['parquet', ...common, '--output', join(folder, 'py.parquet')]),
    },
    'pyarrow, two processes': {
      rounds,
      run: () => peer(python, 'batch_pandas.py', ['parquet', ...common, '--output', join(folder, 'py2'), '--workers', '2']),
    },
    ray: { rounds: Number(flags['ray-rounds']), run: () => peer(python, 'batch_ray.py', [...common, '--output', join(folder, 'ray')]) },
  })
  const [ours, one, two] = [results['slipway'], results['pyarrow, one process'], results['pyarrow, two processes']]
  return { results, toPyarrowOne: ratio(ours, one), toPyarrowTwo: ratio(ours, two), toRay: ratio(ours, results['ray']) }
}

async function csv(python: string, onnx: string): Promise<object> {
  const input = await batchInput({ format: 'csv', rows: csvRows })
  note(`CSV, ${csvRows} rows`)
  const results = await contest({
    slipway: { rounds, run: () => slipway(input, 'out.csv') },
    'pandas, chunks of 1000': {
      rounds: Math.min(rounds, 3),
      run: () => peer(python, 'batch_pandas.py', ['csv', '--model', onnx, '--input', input, '--output', join(folder, 'py.csv')]),
    },
  })
  return { results, toPandas: ratio(results['slipway'], results['pandas, chunks of 1000']) }
}

/** The filter alone, one process: a stream of 4 M rows in batches of 50,000 from a file; the time of a stream of one batch is taken off. */
async function arrow(python: string): Promise<object> {
  const big = 4_000_000
  const input = await batchInput({ format: 'parquet', rows: big })
  const [whole, first] = [join(folder, 'whole.arrow'), join(folder, 'first.arrow')]
  const convert = `
import pyarrow as pa, pyarrow.parquet as pq
names = [f"f{i}" for i in range(20)]
file = pq.ParquetFile("${input}")
schema = pa.schema([(name, pa.float32()) for name in names])
with pa.ipc.new_stream("${whole}", schema) as all, pa.ipc.new_stream("${first}", schema) as one:
    for i, batch in enumerate(file.iter_batches(50_000, columns=names)):
        all.write_batch(batch)
        if i == 0: one.write_batch(batch)
`
  await measured(python, ['-c', convert])
  note(`Arrow filter, ${big} rows`)
  const filter = ['score', '--model', 'mlp', '--format', 'arrow', '--state', state]
  const times: number[] = []
  let peakMb = 0
  for (let round = 0; round < rounds; round++) {
    const short = await measured('taskset', ['-c', '0', process.execPath, cli, ...filter], `< ${first} > /dev/null`)
    const long = await measured('taskset', ['-c', '0', process.execPath, cli, ...filter], `< ${whole} > /dev/null`)
    times.push((big - 50_000) / (long.seconds - short.seconds))
    peakMb = Math.max(peakMb, long.peakMb)
    note(`  slipway score, one core: ${Math.round(times.at(-1)!).toLocaleString('en')} rows/s`)
  }
  return { rowsPerSecond: Math.round(median(times)), peakMb: Math.round(peakMb) }
}

/** What 1% malformed rows cost. */
async function malformed(): Promise<object> {
  const size = Math.min(rows, 4_000_000)
  const found: Record<string, unknown> = {}
  for (const format of ['parquet', 'csv'] as const) {
    const amount = format === 'csv' ? csvRows : size
    const [clean, broken] = [await batchInput({ format, rows: amount }), await batchInput({ format, rows: amount, malformed: true })]
    note(`1% malformed, ${format}, ${amount} rows`)
    const results = await contest({
      clean: { rounds, run: () => slipway(clean, `clean.${format}`) },
      malformed: { rounds, run: () => slipway(broken, `broken.${format}`) },
    })
    found[format] = { results, cost: results['clean']!.rowsPerSecond / results['malformed']!.rowsPerSecond - 1 }
  }
  return found
}
