import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

/** Everything that a file loads, itself left out: relative files followed, packages by name. */
function loads(url: URL, seen: Set<string> = new Set()): ReadonlySet<string> {
  const text = readFileSync(fileURLToPath(url), 'utf8')
  for (const [, kind, from = ''] of text.matchAll(/^import( type)? [^'"]*?'([^']+)'/gmsu)) {
    if (kind !== undefined || seen.has(from)) continue
    seen.add(from)
    if (from.startsWith('.')) loads(new URL(from.replace(/\.js$/u, '.ts'), url), seen)
  }
  return seen
}

describe('the cold start', () => {
  it.each(['inspect.ts', 'gate.ts', 'strip-zip-map.ts'])('%s loads no protobuf library and no generated schema', (file) => {
    const loaded = loads(new URL(file, import.meta.url))
    expect([...loaded]).toContain('./wire-reader.js')
    expect([...loaded].filter((from) => !from.startsWith('.') || from.includes('_pb'))).toEqual([])
  })

  it('only building does', () => {
    expect([...loads(new URL('build.ts', import.meta.url))]).toContain('@bufbuild/protobuf')
  })
})
