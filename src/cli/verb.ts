import { stripVTControlCharacters } from 'node:util'
import { type ArgsDef, defineCommand, type ParsedArgs, parseArgs, renderUsage } from 'citty'
import { usageError } from './exit.js'

/** One command of the command line: a file each. */
export interface Verb<T extends ArgsDef = ArgsDef> {
  /** As typed: `models add`. */
  readonly name: string
  readonly description: string
  /** One or more lines that work when pasted. */
  readonly example: string
  readonly args: T
  /** More words may follow the positional arguments; they are in `args._`. */
  readonly rest?: boolean
  /** Resolves to the exit code. Errors are thrown as SlipwayErrors; `main` prints them. */
  readonly run: (args: ParsedArgs<T>) => Promise<number>
}

/** Runs a verb whose arguments types are forgotten: what the table of verbs holds. */
export interface AnyVerb {
  readonly name: string
  readonly description: string
  help(): Promise<string>
  run(rawArgs: readonly string[]): Promise<number>
}

/** Checks what citty lets through: unknown flags, words too many, required words missing. */
export function defineVerb<const T extends ArgsDef>(verb: Verb<T>): AnyVerb {
  return {
    name: verb.name,
    description: verb.description,
    help: async () => `${await usageOf(verb)}\n\nEXAMPLE\n\n${indent(verb.example)}\n`,
    run: async (rawArgs) => {
      refuseUnknown(rawArgs, verb)
      return verb.run(parse(rawArgs, verb))
    },
  }
}

/** A whole number given as a flag. */
export function integerFlag(
  args: Readonly<Record<string, unknown>>,
  name: string,
  bounds: readonly [min: number, max: number],
): number | undefined {
  const text = args[name]
  if (text === undefined || text === '') return undefined
  const value = Number(text)
  if (Number.isInteger(value) && value >= bounds[0] && value <= bounds[1]) return value
  throw usageError(`--${name} wants a whole number from ${bounds[0]} to ${bounds[1]}, received ${JSON.stringify(text)}`)
}

/** A word out of a list given as a flag. */
export function choiceFlag<const C extends string>(
  args: Readonly<Record<string, unknown>>,
  name: string,
  choices: readonly C[],
): C | undefined {
  const text = args[name]
  if (text === undefined) return undefined
  const found = choices.find((choice) => choice === text)
  if (found !== undefined) return found
  throw usageError(`--${name} wants one of ${choices.join(', ')}, received ${JSON.stringify(text)}`)
}

function parse<T extends ArgsDef>(rawArgs: readonly string[], verb: Verb<T>): ParsedArgs<T> {
  const args = parseOrRefuse(rawArgs, verb)
  const words = Object.values(verb.args).filter((arg) => arg.type === 'positional').length
  const extra = args._[words]
  if (extra !== undefined && verb.rest !== true) throw usageError(`\`slipway ${verb.name}\` does not know what to do with \`${extra}\``)
  return args
}

/** citty's own complaints (a required argument is missing) are mistakes in the command line. */
function parseOrRefuse<T extends ArgsDef>(rawArgs: readonly string[], verb: Verb<T>): ParsedArgs<T> {
  try {
    return parseArgs<T>([...rawArgs], verb.args)
  } catch (error) {
    throw usageError(`\`slipway ${verb.name}\`: ${error instanceof Error ? stripVTControlCharacters(error.message) : 'cannot be read'}`)
  }
}

function refuseUnknown(rawArgs: readonly string[], verb: { readonly name: string; readonly args: ArgsDef }): void {
  const known = new Set(Object.entries(verb.args).flatMap(([name, arg]) => [name, ...('alias' in arg ? [arg.alias ?? []].flat() : [])]))
  const end = rawArgs.indexOf('--')
  for (const raw of end === -1 ? rawArgs : rawArgs.slice(0, end)) {
    if (!raw.startsWith('-') || raw === '-' || /^-\d/.test(raw)) continue
    const name = raw.replace(/^--?/, '').split('=')[0]!
    if (!known.has(name) && !known.has(name.replace(/^no-/, ''))) throw usageError(`\`slipway ${verb.name}\` has no option --${name}`)
  }
}

async function usageOf<T extends ArgsDef>(verb: Verb<T>): Promise<string> {
  const text = await renderUsage(defineCommand({ meta: { name: `slipway ${verb.name}`, description: verb.description }, args: verb.args }))
  return process.stdout.isTTY ? text : stripVTControlCharacters(text)
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}
