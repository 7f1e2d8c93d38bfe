import type { RecordStore } from '../core/registry-store.js'
import { isModelName } from './names.js'

/** The names of the models that have a place in the store, in order. */
export async function modelNames(records: RecordStore): Promise<readonly string[]> {
  const names: string[] = []
  for await (const { kind, key } of records.list('models/')) {
    const name = key.slice('models/'.length, -1)
    if (kind === 'group' && isModelName(name)) names.push(name)
  }
  return names
}
