import { localActor } from '../control/open-local-registry.js'
import { flipStored } from '../control/stored-operations.js'
import { usageError } from './exit.js'
import { print, registryArgs } from './registry-args.js'
import { pointerArgs, storeArgs } from './stored-args.js'
import { type AnyVerb, defineVerb } from './verb.js'

export const storedFlip: AnyVerb = defineVerb({
  name: 'stored flip',
  description: 'Have readers see a set of stored predictions, when it passes its gate',
  example: 'slipway stored flip fraud\nslipway stored flip fraud load-3f2a9c1b77d0 --force --reason "new tariff: scores moved"',
  args: {
    model: { type: 'positional', description: 'Model', required: true },
    set: { type: 'positional', description: 'Set; the newest that is whole when left out', required: false },
    force: { type: 'boolean', description: 'Flip although the gate refuses', default: false },
    'max-psi': { type: 'string', description: 'Shift of an output that the gate lets pass', default: '0.25' },
    'max-fallback-growth': { type: 'string', description: 'Growth of the share of fallbacks that it lets pass', default: '0.05' },
    'max-shrink': { type: 'string', description: 'Share of the rows that may be gone', default: '0.2' },
    ...pointerArgs,
    ...storeArgs,
    ...registryArgs,
  },
  run: async (args) => {
    const { flip, set, gate, verdict } = await flipStored(args, {
      model: args.model,
      ...(args.set === undefined ? {} : { set: args.set }),
      force: args.force,
      limits: {
        maxPsi: share(args['max-psi'], 'max-psi'),
        maxFallbackGrowth: share(args['max-fallback-growth'], 'max-fallback-growth'),
        maxShrink: share(args['max-shrink'], 'max-shrink'),
      },
      by: args.actor ?? localActor(),
      reason: args.reason ?? '',
    })
    const forced = verdict === 'forced' ? [`forced past the gate: ${gate.reasons.join('; ')}`] : []
    const done = flip === null ? `${args.model} is answered from ${set.id} already` : `${args.model} -> ${set.id}, ${set.rows} predictions`
    print(args.json, { model: args.model, set: set.id, flipped: flip !== null, verdict, gate, flip }, [done, ...forced])
    return 0
  },
})

function share(text: string, name: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value < Infinity) return value
  throw usageError(`--${name} wants a number from 0 on, received ${JSON.stringify(text)}`)
}
