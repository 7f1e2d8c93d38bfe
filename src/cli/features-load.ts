import { loadFeatures } from '../control/load-features.js'
import { openStateDir } from '../control/state-dir.js'
import { jsonLines } from './json-rows.js'
import { print, registryArgs } from './registry-args.js'
import { type AnyVerb, defineVerb } from './verb.js'

export const featuresLoad: AnyVerb = defineVerb({
  name: 'features load',
  description: 'Load features that models gather when a request lacks them',
  example: 'slipway features load cards --key cardId --input cards.jsonl',
  args: {
    table: { type: 'positional', description: 'Table, as the definition’s `gather` names it', required: true },
    key: { type: 'string', description: 'Field of each row that holds the key', required: true },
    input: { type: 'string', description: 'JSON lines file with a row a line; - for standard input', valueHint: 'file', required: true },
    ...registryArgs,
  },
  run: async (args) => {
    const showsProgress = process.stderr.isTTY && !args.json
    const rows = await loadFeatures(openStateDir(args.state), {
      table: args.table,
      key: args.key,
      rows: jsonLines(args.input, 1000),
      ...(showsProgress ? { onProgress: (count: number) => process.stderr.write(`\r${count} rows`) } : {}),
    })
    if (showsProgress) process.stderr.write('\r')
    print(args.json, { table: args.table, rows }, [`${rows} rows into ${args.table}; servers that start from now on gather from it`])
    return 0
  },
})
