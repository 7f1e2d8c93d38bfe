import { readFileSync } from 'node:fs'

/** A code block of a page that a test runs: its fence says `sh run` or `ts run`, and `server` when it wants the examples served. */
export interface RunBlock {
  readonly language: 'sh' | 'ts'
  readonly wantsServer: boolean
  readonly code: string
  /** Line of the fence, for the test's name. */
  readonly line: number
  /** What the page shows as its output: a `json` or `text` block right below it; null when there is none. */
  readonly shown: string | null
}

const fence = /^```(\w+)([^\n]*)\n([\s\S]*?)^```$\n*/gm

/** The marked blocks of a page, in order. */
export function runBlocks(page: URL): readonly RunBlock[] {
  const text = readFileSync(page, 'utf8')
  const blocks = [...text.matchAll(fence)]
  return blocks.flatMap((block, index): RunBlock[] => {
    const [whole, language, words, code] = block as unknown as [string, string, string, string]
    const [run, ...options] = words.trim().split(/\s+/)
    if (run !== 'run') return []
    if (language !== 'sh' && language !== 'ts') throw new Error(`a block of ${language} cannot be run`)
    const unknown = options.find((option) => option !== 'server')
    if (unknown !== undefined) throw new Error(`a block that is run has no option ${unknown}`)
    const next = blocks[index + 1]
    const follows = next !== undefined && next.index === block.index + whole.length && /^(json|text)$/.test(next[1]!)
    return [
      {
        language,
        wantsServer: options.includes('server'),
        code,
        line: text.slice(0, block.index).split('\n').length,
        shown: follows ? next[3]! : null,
      },
    ]
  })
}

/** Whether an output is what a page shows, where `…` stands for anything and a number with decimals may be rounded. */
export function isShown(shown: string, output: string): boolean {
  const numbers = /\d+\.\d+/g
  const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('…', '[^]*?')
  const parts = shown.trim().split(numbers).map(literal)
  const found = new RegExp(`^${parts.join(String.raw`(\d+\.\d+(?:e-?\d+)?)`)}$`).exec(output.trim())
  const rounded = (shown.match(numbers) ?? []).map((text, at) => Number(found?.[at + 1]).toFixed(text.split('.')[1]!.length) === text)
  return found !== null && rounded.every(Boolean)
}
