import type { ErrorCode } from '../../../core/errors.js'
import type { Dialect } from '../dialect.js'
import { errorJson } from '../dialect.js'

const typeByCode: Partial<Readonly<Record<ErrorCode, string>>> = {
  MODEL_UNKNOWN: 'ModelNotFoundException',
  VERSION_UNKNOWN: 'ModelVersionNotFoundException',
  ALIAS_UNKNOWN: 'ModelVersionNotFoundException',
  ROUTE_UNKNOWN: 'ResourceNotFoundException',
  METHOD_NOT_ALLOWED: 'MethodNotAllowedException',
  UNAUTHENTICATED: 'InvalidKeyException',
  FORBIDDEN: 'InvalidKeyException',
  UNSUPPORTED: 'UnsupportedOperationException',
}

const typeByStatus: Readonly<Record<number, string>> = {
  413: 'RequestEntityTooLargeException',
  415: 'UnsupportedMediaTypeException',
  429: 'ServiceUnavailableException',
  503: 'ServiceUnavailableException',
  504: 'GatewayTimeoutException',
}

/** `{"code":404,"type":"ModelNotFoundException","message":"…"}`: TorchServe (frontend ErrorResponse). */
export const torchserveErrors: Dialect = {
  name: 'torchserve',
  render(error) {
    const code = error.spec.http
    const fallback = code < 500 ? 'BadRequestException' : 'InternalServerException'
    return errorJson(code, { code, type: typeByCode[error.code] ?? typeByStatus[code] ?? fallback, message: error.message })
  },
}
