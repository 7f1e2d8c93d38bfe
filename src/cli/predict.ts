import { createLogger } from '../control/create-logger.js'
import { localActor } from '../control/open-local-registry.js'
import { open } from '../control/open-embedded.js'
import { openStateDir } from '../control/state-dir.js'
import { takeUp } from '../control/take-up.js'
import { usageError } from './exit.js'
import { jsonLines, parseJson } from './json-rows.js'
import { registryArgs } from './registry-args.js'
import { type AnyVerb, defineVerb } from './verb.js'

/** Rows of a JSON lines file that are answered as one frame. */
const frameRows = 256

export const predict: AnyVerb = defineVerb({
  name: 'predict',
  description: 'Predict rows here and now, without a server',
  example: `slipway predict reviews --row '{"text":"Works as it should."}'\nslipway predict fraud@champion --input rows.jsonl > answers.jsonl`,
  args: {
    model: {
      type: 'positional',
      description: 'Model of the registry (model, model@alias, model@version), an .onnx file or a definition',
      required: true,
    },
    row: { type: 'string', description: 'One row, or a list of rows, as JSON' },
    input: { type: 'string', description: 'JSON lines file with a row a line; - for standard input', valueHint: 'file' },
    ...registryArgs,
  },
  run: async (args) => {
    if ((args.row === undefined) === (args.input === undefined)) throw usageError('give rows by --row, or by --input')
    const model = await open(await referenceOf(args.model, args.state), { state: args.state, logger: await createLogger('warn') })
    try {
      let refused = 0
      for await (const rows of args.row === undefined ? jsonLines(args.input!, frameRows) : [parseRows(args.row)]) {
        const answers = await model.predictMany(rows as never)
        refused += answers.filter((answer) => answer.output === null).length
        process.stdout.write(answers.map((answer) => `${JSON.stringify(answer, plain)}\n`).join(''))
      }
      return refused === 0 ? 0 : 3
    } finally {
      await model.close()
    }
  },
})

/** A path is added to the registry first, as every model is. */
async function referenceOf(model: string, stateFolder: string): Promise<string> {
  if (!/[/\\]|\.(?:onnx|m?[jt]s)$/.test(model)) return model
  const { added } = await takeUp(openStateDir(stateFolder), [model], {
    by: { actor: localActor(), reason: 'slipway predict' },
    promote: false,
  })
  const [first] = added
  if (first === undefined || added.length > 1) throw usageError(`${model} holds ${added.length} models: name one`)
  return `${first.name}@${first.version}`
}

function parseRows(text: string): readonly unknown[] {
  const value = parseJson(text, '--row')
  return Array.isArray(value) ? value : [value]
}

/** 64-bit integers as numbers where nothing is lost, else as text; typed arrays as lists. */
function plain(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  return ArrayBuffer.isView(value) && Symbol.iterator in value ? Array.from(value as Iterable<unknown> & ArrayBufferView) : value
}
