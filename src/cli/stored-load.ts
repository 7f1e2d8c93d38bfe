import { loadStored } from '../control/stored-load.js'
import { usageError } from './exit.js'
import { print, registryArgs } from './registry-args.js'
import { storeArgs } from './stored-args.js'
import { type AnyVerb, defineVerb } from './verb.js'

export const storedLoad: AnyVerb = defineVerb({
  name: 'stored load',
  description: 'Load predictions that `slipway batch` wrote into a set, to be flipped to',
  example:
    'slipway stored load fraud --from predictions.parquet --key customer_id\nslipway stored load fraud --from out/ --key customer_id --version-ref fraud@3 --produced-at 2026-11-20T03:00:00Z',
  args: {
    model: { type: 'positional', description: 'Model of the registry', required: true },
    from: { type: 'string', description: 'CSV, JSON lines or Parquet: a file, glob or folder', valueHint: 'files', required: true },
    key: { type: 'string', description: 'Column that predictions are looked up by', valueHint: 'column', required: true },
    'version-ref': { type: 'string', description: 'Version that made them, fraud@3; the champion when left out' },
    'produced-at': { type: 'string', description: 'When they were made; when the files were written, when left out', valueHint: 'time' },
    'skip-bad': { type: 'boolean', description: 'Leave rows out that cannot be stored, instead of giving up', default: false },
    ...storeArgs,
    ...registryArgs,
  },
  run: async (args) => {
    const showsProgress = process.stderr.isTTY && !args.json
    const { set, refused, examples } = await loadStored(args, {
      model: args.model,
      from: args.from,
      key: args.key,
      skipBad: args['skip-bad'],
      ...(args['version-ref'] === undefined ? {} : { versionRef: args['version-ref'] }),
      ...(args['produced-at'] === undefined ? {} : { producedAt: timeOf(args['produced-at']) }),
      ...(showsProgress ? { onProgress: (rows: number) => process.stderr.write(`\r${rows} rows`) } : {}),
    })
    if (showsProgress) process.stderr.write('\r')
    const left = refused === 0 ? [] : [`${refused} rows were left out:`, ...examples.map((example) => `  ${example}`)]
    const next = `readers see it after: slipway stored flip ${set.model} ${set.id}`
    print(args.json, { set, refused, examples }, [
      `${set.rows} predictions of ${set.model}@${set.version} in the set ${set.id}`,
      ...left,
      next,
    ])
    return 0
  },
})

function timeOf(text: string): number {
  const time = Date.parse(text)
  if (Number.isNaN(time)) throw usageError(`--produced-at wants an ISO 8601 time, received ${JSON.stringify(text)}`)
  return time
}
