import { SlipwayError } from '../../../core/errors.js'

/** What the body of an invocation is. */
export interface InvocationContent {
  readonly kind: 'json' | 'csv' | 'infer'
  /** Bytes of JSON in front of raw tensors, where the content type says so. */
  readonly headerBytes: number | null
}

const triton = 'application/vnd.sagemaker-triton.binary+json'

/** Reads a content type by MLflow's rules: JSON or CSV, no parameter but `charset=utf-8`; and Triton's binary type for SageMaker. */
export function contentOf(header: string | null): InvocationContent {
  if (header === null) return { kind: 'json', headerBytes: null }
  const [type = '', ...parameters] = header.split(';').map((part) => part.trim().toLowerCase())
  if (type === triton) return { kind: 'infer', headerBytes: headerBytesOf(parameters) }
  if (type === 'application/octet-stream') return { kind: 'infer', headerBytes: null }
  const kind = Object.hasOwn(kinds, type) ? kinds[type] : undefined
  if (kind === undefined) throw unread(type)
  const odd = parameters.find((parameter) => parameter !== '' && !/^charset="?utf-8"?$/.test(parameter))
  if (odd !== undefined)
    throw new SlipwayError('UNSUPPORTED_MEDIA_TYPE', 'the only parameter of a content type that is read here is charset=utf-8')
  return { kind, headerBytes: null }
}

const kinds: Readonly<Record<string, 'json' | 'csv'>> = {
  'application/json': 'json',
  // What curl sends for `-d` when nobody says what it is.
  'application/x-www-form-urlencoded': 'json',
  'text/csv': 'csv',
}

function unread(type: string): SlipwayError {
  const shown = /^[\w.+/-]{1,80}$/.test(type) ? ` \`${type}\`` : ''
  return new SlipwayError('UNSUPPORTED_MEDIA_TYPE', `this path reads application/json and text/csv; the content type${shown} is another`)
}

function headerBytesOf(parameters: readonly string[]): number {
  const text = parameters.find((parameter) => parameter.startsWith('json-header-size='))?.slice('json-header-size='.length)
  if (text !== undefined && /^\d{1,10}$/.test(text)) return Number(text)
  throw new SlipwayError('INVALID_REQUEST', `the content type ${triton} wants the parameter json-header-size=<bytes>`)
}
