#!/usr/bin/env node
import { reportError, usageError } from './exit.js'
import { verbs } from './verbs.js'

/** Runs one command line and resolves to its exit code. */
async function main(argv: readonly string[]): Promise<number> {
  const json = argv.includes('--json')
  try {
    return await dispatch(argv)
  } catch (error) {
    return reportError(error, json)
  }
}

async function dispatch(argv: readonly string[]): Promise<number> {
  const [first, second] = argv
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') return printOverview()
  if (first === '--version' || first === '-v') return printVersion()
  const [name, rest] =
    second !== undefined && `${first} ${second}` in verbs ? [`${first} ${second}`, argv.slice(2)] : [first, argv.slice(1)]
  const load = Object.hasOwn(verbs, name) ? verbs[name] : undefined
  if (load === undefined) return unknownVerb(first, second)
  const verb = await load()
  if (rest.includes('--help') || rest.includes('-h')) {
    process.stdout.write(await verb.help())
    return 0
  }
  return verb.run(rest)
}

function unknownVerb(first: string, second: string | undefined): number {
  const below = Object.keys(verbs).filter((name) => name.startsWith(`${first} `))
  if (below.length === 0) throw usageError(`no such command: ${first}. \`slipway --help\` lists them`)
  if (second === '--help' || second === '-h') {
    process.stdout.write(`slipway ${first}: one of\n${below.map((name) => `  slipway ${name}`).join('\n')}\n`)
    return 0
  }
  throw usageError(`\`slipway ${first}\` wants one of: ${below.map((name) => name.slice(first.length + 1)).join(', ')}`)
}

async function printOverview(): Promise<number> {
  const loaded = await Promise.all(Object.values(verbs).map((load) => load()))
  const width = Math.max(...loaded.map((verb) => verb.name.length))
  const lines = loaded.map((verb) => `  slipway ${verb.name.padEnd(width)}  ${verb.description}`)
  process.stdout.write(
    `slipway launches one trained model every way.\n\n${lines.join('\n')}\n\nEach has --help with an example, and --json.\n`,
  )
  return 0
}

async function printVersion(): Promise<number> {
  const { packageVersion } = await import('../control/package-info.js')
  process.stdout.write(`${packageVersion()}\n`)
  return 0
}

// Whoever reads our answers may have read enough (`| head`): that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

process.exitCode = await main(process.argv.slice(2))
