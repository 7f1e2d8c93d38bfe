import { SlipwayError } from '../../../core/errors.js'
import type { JsonReader } from '../../../core/json-reader.js'

/** Parameters of a request, input or output (T:docs/protocol/extension_parameters.md). */
export type OipParameters = Readonly<Record<string, string | number | boolean>>

/** Reads an object of texts, numbers and booleans; anything else in it is skipped. */
export function readParameters(reader: JsonReader): OipParameters {
  const parameters = Object.create(null) as Record<string, string | number | boolean>
  if (reader.peek() === 'null') {
    reader.null()
    return parameters
  }
  if (reader.peek() !== 'object') reader.fail('`parameters` is an object', 'INVALID_REQUEST')
  reader.beginObject()
  for (let key = reader.nextKey(); key !== null; key = reader.nextKey()) {
    switch (reader.peek()) {
      case 'string':
        parameters[key] = reader.string()
        break
      case 'number':
        parameters[key] = reader.number({ nonFinite: true })
        break
      case 'true':
      case 'false':
        parameters[key] = reader.boolean()
        break
      default:
        reader.skip()
    }
  }
  return parameters
}

/** A parameter that is a whole number of 0 or more; null when absent. */
export function integerParameter(parameters: OipParameters, name: string): number | null {
  const value = parameters[name]
  if (value === undefined) return null
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new SlipwayError('INVALID_REQUEST', `the parameter \`${name}\` is a whole number of 0 or more`)
}

/** A parameter that is a text; null when absent or something else. */
function stringParameter(parameters: OipParameters, name: string): string | null {
  const value = parameters[name]
  return typeof value === 'string' ? value : null
}

/** Shared memory is not offered: reading foreign memory by name is how model servers were broken into. */
export function refuseSharedMemory(parameters: OipParameters, kind: string, name: string): void {
  if (stringParameter(parameters, 'shared_memory_region') === null) return
  throw new SlipwayError('UNSUPPORTED', `shared memory is not offered; send the data of ${kind} '${name}' in the request`)
}
