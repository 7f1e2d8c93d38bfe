import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { AnyVerb } from '../src/cli/verb.js'
import { verbs } from '../src/cli/verbs.js'
import { errorTable } from '../src/core/errors.js'

const page = readFileSync(fileURLToPath(new URL('../docs/reference/command-line.md', import.meta.url)), 'utf8')
const loaded = await Promise.all(Object.values(verbs).map((load) => load()))
const shared = new Set(['state', 'json'])

/** The text under a heading of the page, or null. */
function section(heading: string): string | null {
  const parts = page.split(/^## /m)
  return parts.find((part) => part.startsWith(`${heading}\n`)) ?? null
}

/** Options and defaults as `--help` prints them. */
async function optionsOf(verb: AnyVerb): Promise<ReadonlyMap<string, string | null>> {
  const lines = (await verb.help()).split('\n')
  return new Map(
    lines.flatMap((line): [string, string | null][] => {
      const option = /^ +--([a-z-]+)(?:=<\S+>)? {2,}/.exec(line)?.[1]
      const value = /\(Default: (.*)\)/.exec(line)?.[1] ?? null
      return option === undefined ? [] : [[option, value === 'false' ? null : value]]
    }),
  )
}

/** Options named in a section, each with the default beside it. */
function documented(text: string): ReadonlyMap<string, string | null> {
  const rows = [...text.matchAll(/^\| `--([a-z-]+)[^|]*\| (?:`([^`]+)`)?[^|]*\|/gm)]
  const inTables = new Map(rows.map((row) => [row[1]!, row[2] ?? null]))
  const anywhere = [...text.matchAll(/`--([a-z-]+)/g)].map((match) => match[1]!)
  return new Map([...anywhere.map((name): [string, string | null] => [name, null]), ...inTables])
}

describe('the page of the command line', () => {
  it.each(loaded.map((verb) => [verb.name, verb] as const))('has %s with its options and their defaults', async (name, verb) => {
    const text = section(`slipway ${name}`)
    expect(text, `## slipway ${name}`).not.toBeNull()
    const options = await optionsOf(verb)
    expect(options.size).toBeGreaterThan(1)
    const own = [...options].filter(([option]) => !shared.has(option))
    const found = documented(text!)
    expect([...found.keys()].filter((option) => !options.has(option))).toEqual([])
    expect(own.map(([option]) => [option, found.has(option) ? (found.get(option) ?? null) : 'missing'])).toEqual(own)
  })

  it('has the options of every command once, with their defaults', async () => {
    const found = documented(section('Options of every command')!)
    for (const verb of loaded) {
      const options = await optionsOf(verb)
      for (const option of shared) expect([verb.name, option, found.get(option)]).toEqual([verb.name, option, options.get(option)])
    }
  })

  it('has no section of a command that is gone', () => {
    const headings = [...page.matchAll(/^## slipway (.+)$/gm)].map((match) => match[1]!)
    expect(headings.toSorted()).toEqual(Object.keys(verbs).toSorted())
  })

  it('has every exit code of the error table, and gives examples of the right row', () => {
    const text = section('Exit codes')!
    const rows = new Map([...text.matchAll(/^\| (\d+) \|(.*)\|$/gm)].map((row) => [Number(row[1]), row[2]!]))
    const exits = new Set(Object.values(errorTable).map((spec) => spec.exit))
    expect([...exits].filter((exit) => !rows.has(exit))).toEqual([])
    for (const [exit, row] of rows) {
      const examples = [...row.matchAll(/`([A-Z_]+)`/g)].map((match) => match[1] as keyof typeof errorTable)
      expect(examples.filter((code) => errorTable[code]?.exit !== exit)).toEqual([])
    }
  })
})
