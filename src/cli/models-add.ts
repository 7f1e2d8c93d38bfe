import { addModel } from '../control/add-model.js'
import { findSources } from '../control/source.js'
import { defaultTrialLimits } from '../control/trial.js'
import { withRegistry } from '../control/with-registry.js'
import { usageError } from './exit.js'
import { journalArgs, journalNote, print, registryArgs } from './registry-args.js'
import { type AnyVerb, defineVerb, integerFlag } from './verb.js'

export const modelsAdd: AnyVerb = defineVerb({
  name: 'models add',
  description: 'Add a model: an .onnx file, a definition, or a folder with one',
  example: 'slipway models add fraud/model.ts\nslipway models add model.onnx --name churn',
  args: {
    path: { type: 'positional', description: '.onnx file, model.ts, or a folder', required: true },
    name: { type: 'string', description: 'Name in the registry, instead of the definition’s or the file’s' },
    'allow-domain': { type: 'string', description: 'Comma-separated operator domains to allow', valueHint: 'domain' },
    external: { type: 'string', description: 'Comma-separated files of external data, beside the .onnx file', valueHint: 'file' },
    timeout: { type: 'string', description: 'Seconds that the trial run may take', default: String(defaultTrialLimits.timeoutMs / 1000) },
    memory: { type: 'string', description: 'MiB of memory that the trial run may take', default: String(defaultTrialLimits.memoryLimitMb) },
    ...journalArgs,
    ...registryArgs,
  },
  run: (args) =>
    withRegistry(args, async ({ state, registry }) => {
      const sources = await findSources(args.path)
      if (args.name !== undefined && sources.length > 1) throw usageError(`--name fits one model, and ${args.path} holds ${sources.length}`)
      const limits = {
        timeoutMs: (integerFlag(args, 'timeout', [1, 86_400]) ?? 0) * 1000,
        memoryLimitMb: integerFlag(args, 'memory', [64, 1_048_576]) ?? 0,
      }
      const options = {
        by: journalNote(args),
        name: args.name,
        allowDomains: words(args['allow-domain']),
        externalFiles: words(args.external),
        limits,
      }
      const added: object[] = []
      const lines: string[] = []
      for (const source of sources) {
        const { name, version, digest, outcome, staged } = await addModel(state, registry, source, options)
        added.push({ name, version, digest, outcome, measured: staged.measured })
        const what = outcome === 'added' ? 'added' : 'is there already'
        lines.push(`${name}@${version} ${what}: ${digest.slice(0, 19)}, ${triedAs(staged.measured)}`)
      }
      print(args.json, { added }, lines)
      return 0
    }),
})

function words(text: string | undefined): string[] {
  return (text ?? '').split(',').filter((word) => word !== '')
}

function triedAs(measured: { readonly runMs: number; readonly engine: string } | null): string {
  if (measured === null) return 'loaded but not tried: it answers none of the rows made up for it; give `examples` in a definition'
  return `${measured.runMs.toFixed(2)} ms a row, ${measured.engine}`
}
