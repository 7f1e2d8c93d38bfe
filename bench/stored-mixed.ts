// A process of the stored benchmark that reads batches of keys and looks whether every value of an answer is of the set that the answer names.
// Its argument is a task as JSON; it prints what it saw as one line of JSON.
import { pathToFileURL } from 'node:url'
import { openStoredSets } from '../src/control/open-stored-sets.js'
import { keyOf, model, randomNumbers, setOfValue } from './stored-rows.js'

export interface MixedReads {
  readonly reads: number
  readonly keysOfRead: number
  /** Answers with a value of another set than the one they name. */
  readonly mixed: number
  /** Keys without a value; every key is in both sets. */
  readonly missing: number
  /** How often an answer was of another set than the one before. */
  readonly flipsSeen: number
  readonly seconds: number
}

interface Task {
  readonly url: string
  readonly reads: number
  readonly batch: number
  readonly keys: number
  readonly limitMs: number
}

async function read({ url, reads: wanted, batch, keys, limitMs }: Task): Promise<MixedReads> {
  const store = await openStoredSets(url)
  const random = randomNumbers(11)
  const wantedKeys = Array<string>(batch)
  const start = performance.now()
  let [reads, mixed, missing, flipsSeen, last] = [0, 0, 0, -1, '']
  try {
    for (; reads < wanted && performance.now() - start < limitMs; reads++) {
      for (let i = 0; i < batch; i++) wantedKeys[i] = keyOf(random(keys))
      const { set, values } = store.readNow!(model, wantedKeys)
      const id = set?.id ?? ''
      let isMixed = false
      for (const value of values) {
        if (value === null) missing++
        else if (setOfValue(value) !== id) isMixed = true
      }
      if (isMixed) mixed++
      if (id !== last) flipsSeen++
      last = id
    }
  } finally {
    await store.close()
  }
  return { reads, keysOfRead: batch, mixed, missing, flipsSeen, seconds: Math.round(performance.now() - start) / 1_000 }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  console.log(JSON.stringify(await read(JSON.parse(process.argv[2]!) as Task)))
}
