/** Where stored predictions are: a flag of every command that works on them. */
export const storeArgs = {
  store: {
    type: 'string',
    description:
      'sqlite:path, lmdb:folder, postgres://… or redis://…; that of the configuration, or the SQLite file of the state folder, when left out',
    valueHint: 'url',
  },
  config: {
    type: 'string',
    description: 'Configuration that names the store; slipway.config.{ts,mts,js,mjs,json} of the working folder when left out',
    valueHint: 'file',
  },
} as const

/** Flags of those that move a pointer: who and why, for its history. */
export const pointerArgs = {
  actor: { type: 'string', description: 'Who does it, for the history; the user of the operating system when left out' },
  reason: { type: 'string', description: 'Why, for the history' },
} as const

/** An age for a person: `3 h`. */
export function ageText(ageMs: number): string {
  const steps: readonly (readonly [string, number])[] = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ]
  const step = steps.find(([, ms]) => ageMs >= 2 * ms)
  return step === undefined ? `${ageMs} ms` : `${Math.floor(ageMs / step[1])} ${step[0]}`
}
