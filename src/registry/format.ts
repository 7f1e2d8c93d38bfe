import { SlipwayError } from '../core/errors.js'
import type { RegistryStore } from '../core/registry-store.js'
import { canonicalBytes } from './canonical-json.js'
import { modelNames } from './models.js'
import { oneOf, parseJson, struct } from './shape.js'

const markerKey = 'registry.json'
const marker = { format: 'slipway-registry', schemaVersion: 1 } as const
const readMarker = struct({ format: oneOf(marker.format), schemaVersion: oneOf(marker.schemaVersion) })

/**
 * Makes sure that `store` is a registry of this schema. An empty one is marked as such, unless `create` is `never`.
 * REGISTRY_FORMAT when it is of another schema, not a registry, or has lost its marker.
 */
export async function ensureFormat(store: RegistryStore, create: 'when-empty' | 'never'): Promise<void> {
  for (let attempt = 0; attempt < 2; attempt++) {
    const bytes = await store.records.get(markerKey)
    if (bytes !== undefined) return checkMarker(store, bytes)
    if (create === 'never') throw new SlipwayError('REGISTRY_FORMAT', `there is no registry at ${store.location}`)
    // Models without a marker: it was lost, or another process has just made both; then it is there at the second look.
    if ((await modelNames(store.records)).length === 0 && (await store.records.create(markerKey, canonicalBytes(marker)))) return
  }
  throw new SlipwayError('REGISTRY_FORMAT', `${store.location} holds models but no ${markerKey}; restore the file from a backup`)
}

function checkMarker(store: RegistryStore, bytes: Uint8Array): void {
  try {
    readMarker(parseJson(bytes, markerKey), markerKey)
  } catch (cause) {
    const schema = `schema ${marker.schemaVersion}, which this version of slipway reads`
    throw new SlipwayError('REGISTRY_FORMAT', `${store.location} is not a registry of ${schema}: ${String(cause)}`, { cause })
  }
}
