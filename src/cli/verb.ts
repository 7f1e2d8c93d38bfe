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

/** Refuses options that the verb does not have, that lack their value, or that are given twice with different values. */
function refuseUnknown(rawArgs: readonly string[], verb: { readonly name: string; readonly args: ArgsDef }): void {
  const options = new Map(
    Object.entries(verb.args).flatMap(([name, arg]) =>
      [name, ...('alias' in arg ? [arg.alias ?? []].flat() : [])].map((known) => [known, arg.type] as const),
    ),
  )
  const seen = new Map<string, string>()
  const end = rawArgs.indexOf('--')
  const given = end === -1 ? rawArgs : rawArgs.slice(0, end)
  for (const [i, raw] of given.entries()) {
    if (!raw.startsWith('-') || raw === '-' || /^-\d/.test(raw)) continue
    const [name, inline] = splitOption(raw)
    const type = options.get(name) ?? (name.startsWith('no-') ? options.get(name.slice(3)) : undefined)
    if (type === undefined) throw usageError(`\`slipway ${verb.name}\` has no option --${name}`)
    const value = type === 'string' ? valueOf(name, inline, given[i + 1]) : raw
    if (seen.has(name) && seen.get(name) !== value) throw usageError(`--${name} is given twice, with different values`)
    seen.set(name, value)
  }
}

/** `--port=1` -> `port` and `1`. */
function splitOption(raw: string): readonly [name: string, value: string | undefined] {
  const text = raw.replace(/^--?/, '')
  const at = text.indexOf('=')
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

function valueOf(name: string, inline: string | undefined, next: string | undefined): string {
  const value = inline ?? next
  if (value === undefined || (inline === undefined && value.startsWith('--'))) throw usageError(`--${name} wants a value`)
  return value
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
