// Flips the pointer of a model to and fro between two sets until its standard input ends; prints the count of flips.
import type { StoredSets } from '../../src/core/stored-sets.js'

const [module, open, options, model, ...sets] = process.argv.slice(2) as [string, string, string, string, string, string]
const loaded = (await import(module)) as Record<string, (options: unknown) => Promise<StoredSets>>
const store = await loaded[open]!(JSON.parse(options))
process.stdin.resume()
let flips = 0
while (!process.stdin.readableEnded) {
  await store.flip({ model, set: sets[flips % 2]!, kind: 'flip', by: 'test', reason: 'to and fro' })
  flips++
  await new Promise((resolve) => setImmediate(resolve))
}
await store.close()
process.stdout.write(String(flips))
