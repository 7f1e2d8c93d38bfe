import { SlipwayError } from '../../../core/errors.js'
import type { DataPlane, ServedModel } from '../../../serving/data-plane.js'
import type { ModelRef } from '../../../serving/model-ref.js'
import type { Dialect } from '../dialect.js'
import { errorJson, plainErrors } from '../dialect.js'

/** `{"error":"…"}` with the statuses of ToHTTPStatusCode (tensorflow_serving/util/net_http/server/public/response_code_enum.h). */
export const tfservingErrors: Dialect = {
  name: 'tfserving',
  render(error, request) {
    if (error.code === 'ROUTE_UNKNOWN') return errorJson(404, { error: `Malformed request: ${request.method} ${request.path}` })
    return plainErrors.render(error, request)
  },
}

/** The served version, or TF Serving's words for why there is none. */
export function tfservingModel(plane: DataPlane, { name, selector }: ModelRef): ServedModel {
  try {
    return plane.model(name, selector)
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error
    if (error.code === 'ALIAS_UNKNOWN') throw new SlipwayError(error.code, `Unrecognized servable version label: ${selector.alias ?? ''}`)
    if (error.code !== 'MODEL_UNKNOWN' && error.code !== 'VERSION_UNKNOWN') throw error
    const wanted = selector.version === undefined ? `Latest(${name})` : `Specific(${name}, ${selector.version})`
    throw new SlipwayError(error.code, `Servable not found for request: ${wanted}`)
  }
}
