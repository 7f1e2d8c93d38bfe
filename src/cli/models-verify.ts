import { withRegistry } from '../control/with-registry.js'
import { print, registryArgs } from './registry-args.js'
import { type AnyVerb, defineVerb } from './verb.js'

export const modelsVerify: AnyVerb = defineVerb({
  name: 'models verify',
  description: 'Check every byte, digest, alias and journal entry',
  example: 'slipway models verify',
  args: { model: { type: 'positional', description: 'One model; all when left out', required: false }, ...registryArgs },
  run: (args) =>
    withRegistry(args, async ({ registry }) => {
      const report = await registry.verify(args.model)
      const { models, versions, entries, blobs, bytes, findings } = report
      const lines = [
        ...findings.map((finding) => `${finding.code}: ${finding.model ?? 'registry'}: ${finding.subject}: ${finding.message}`),
        `${models} models, ${versions} versions, ${entries} journal entries, ${blobs} blobs (${bytes} bytes): ${findings.length === 0 ? 'sound' : `${findings.length} findings`}`,
      ]
      print(args.json, report, lines)
      return findings.length === 0 ? 0 : 7
    }),
})
