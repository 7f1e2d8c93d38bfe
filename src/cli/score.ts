import { createLogger } from '../control/create-logger.js'
import { type ScoreRequest, type ScoreStreamRequest, describeScores, score as scoreRows } from '../control/score.js'
import { type DataStdio, takeStdio } from '../control/score-stdio.js'
import { toSlipwayError } from '../core/errors.js'
import { usageError } from './exit.js'
import { registryArgs } from './registry-args.js'
import { type AnyVerb, choiceFlag, defineVerb, integerFlag } from './verb.js'

export const score: AnyVerb = defineVerb({
  name: 'score',
  description: 'Score a stream: rows on standard input, scored rows on standard output',
  example: `slipway score --model fraud --format jsonl --pass id < rows.jsonl > scores.jsonl\nslipway score --model fraud@3 --schema --format arrow`,
  args: {
    model: { type: 'string', description: 'Model of the registry (model, model@alias, model@version)', required: true },
    format: { type: 'string', description: 'arrow: IPC stream; jsonl: JSON lines', valueHint: 'arrow|jsonl', default: 'jsonl' },
    pass: { type: 'string', description: 'Columns of the input to write as they are, comma-separated; * for all' },
    bad: {
      type: 'string',
      description: 'Rows that are refused: null predictions, drop, or fail',
      valueHint: 'null|drop|fail',
      default: 'null',
    },
    'batch-rows': { type: 'string', description: 'Rows that the model is given at once', default: '8192' },
    threads: { type: 'string', description: 'Threads inside one run', default: '1' },
    schema: { type: 'boolean', description: 'Print the columns that scoring adds, as JSON, and read nothing', default: false },
    'with-parent': { type: 'boolean', description: 'End when the process ends that started this one', default: false },
    ...registryArgs,
  },
  run: async (args) => {
    const request: ScoreRequest = {
      model: args.model,
      state: args.state,
      threads: integerFlag(args, 'threads', [1, 256]) ?? 1,
      logger: await createLogger('warn'),
    }
    const format = choiceFlag(args, 'format', ['arrow', 'jsonl']) ?? 'jsonl'
    const bad = choiceFlag(args, 'bad', ['null', 'drop', 'fail']) ?? 'null'
    const batchRows = integerFlag(args, 'batch-rows', [1, 1_000_000]) ?? 8192
    const pass = args.pass === '*' ? '*' : namesOf(args.pass)
    if (args.schema) return printSchema(request)
    if (process.stdin.isTTY) throw usageError('standard input is a terminal: pipe rows in, or redirect a file')
    if (format === 'arrow' && process.stdout.isTTY) throw usageError('standard output is a terminal: an Arrow stream is for programs')
    const stdio = takeStdio({ withParent: args['with-parent'] })
    try {
      return await run({ ...request, format, bad, batchRows, pass }, stdio)
    } finally {
      stdio.close()
    }
  },
})

function namesOf(list: string | undefined): readonly string[] {
  const names = (list ?? '').split(',').filter((name) => name !== '')
  return [...new Set(names)]
}

async function printSchema(request: ScoreRequest): Promise<number> {
  const { model, digest, columns } = await describeScores(request)
  const ddl = columns.map(({ name, spark }) => `\`${name}\` ${spark}`).join(', ')
  process.stdout.write(`${JSON.stringify({ model, digest, columns, ddl })}\n`)
  return 0
}

/** Standard output is the data's: everything said is a line of JSON on standard error. */
async function run(request: ScoreStreamRequest, { input, write, signal }: DataStdio): Promise<number> {
  try {
    const counts = await scoreRows(request, { input, write, signal, started: say })
    say(counts)
    return 0
  } catch (thrown) {
    const { code, message, spec } = toSlipwayError(thrown)
    say({ error: { code, message, help: spec.help } })
    if (code === 'INTERNAL') process.stderr.write(`${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}\n`)
    return spec.exit
  }
}

function say(document: object): void {
  process.stderr.write(`${JSON.stringify(document)}\n`)
}
