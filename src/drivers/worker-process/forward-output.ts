import type { Readable } from 'node:stream'

const maxLineLength = 1000

/** Hands a child's output on line by line; longer lines are cut. */
export function forwardOutput(stream: Readable, log: (line: string) => void): void {
  let rest = ''
  stream.setEncoding('utf8')
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = (lines.pop() ?? '').slice(0, maxLineLength)
    for (const line of lines) if (line.trim() !== '') log(line.slice(0, maxLineLength))
  })
  stream.on('end', () => {
    if (rest.trim() !== '') log(rest)
  })
}
