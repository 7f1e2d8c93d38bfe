// A process of the tests of stored predictions: flips a model between sets until its input ends, and says how often it did.
import { writeSync } from 'node:fs'
import { openSqliteStoredSets } from '../../src/drivers/sqlite/stored-sets.js'

const [path = '', model = '', ...sets] = process.argv.slice(2)
const store = await openSqliteStoredSets({ path })
const state = { going: true }
process.stdin.once('end', () => (state.going = false)).resume()
writeSync(1, 'ready\n')
let flips = 0
while (state.going) {
  await store.flip({ model, set: sets[flips % sets.length]!, kind: 'flip', by: 'child', reason: 'test' })
  flips++
  await new Promise((resolve) => setImmediate(resolve))
}
await store.close()
writeSync(1, `${flips}\n`)
