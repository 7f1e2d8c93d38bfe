/** One row of the error table: what the code means and how each surface reports it. */
export interface ErrorSpec {
  /** HTTP status. */
  readonly http: number
  /** gRPC status code (google.rpc.Code). */
  readonly grpc: number
  /** Exit code of the command line. */
  readonly exit: number
  /** What the code means and how to resolve it: one line of docs/reference/errors.md. */
  readonly help: string
}

/** Every code that slipway can answer with; `errorTable` says what each means. */
export type ErrorCode =
  | 'INVALID_JSON'
  | 'INVALID_UTF8'
  | 'INVALID_REQUEST'
  | 'INVALID_BINARY'
  | 'INVALID_ENCODING'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'PAYLOAD_TOO_LARGE'
  | 'TOO_DEEP'
  | 'TOO_MANY_ELEMENTS'
  | 'METHOD_NOT_ALLOWED'
  | 'ROUTE_UNKNOWN'
  | 'INPUT_MISSING'
  | 'INPUT_UNKNOWN'
  | 'INPUT_DUPLICATE'
  | 'INPUT_TYPE'
  | 'INPUT_SHAPE'
  | 'INPUT_DATATYPE'
  | 'INPUT_RANGE'
  | 'INPUT_CATEGORY'
  | 'INPUT_LENGTH'
  | 'INPUT_PATTERN'
  | 'INPUT_FINITE'
  | 'INPUT_SCHEMA'
  | 'INPUT_CROSS'
  | 'OUTPUT_TYPE'
  | 'OUTPUT_RANGE'
  | 'OUTPUT_SUM'
  | 'OUTPUT_FINITE'
  | 'OUTPUT_UNKNOWN'
  | 'GATHER_MISSING'
  | 'GATHER_FAILED'
  | 'PREPROCESS_FAILED'
  | 'POSTPROCESS_FAILED'
  | 'RUN_FAILED'
  | 'FALLBACK_FAILED'
  | 'DEADLINE'
  | 'CANCELLED'
  | 'QUEUE_FULL'
  | 'NOT_READY'
  | 'WORKER_LOST'
  | 'UNREACHABLE'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'UNSUPPORTED'
  | 'MODEL_NAME'
  | 'MODEL_UNKNOWN'
  | 'VERSION_UNKNOWN'
  | 'ALIAS_UNKNOWN'
  | 'ALIAS_CONFLICT'
  | 'VERSION_IN_USE'
  | 'INTEGRITY'
  | 'JOURNAL_BROKEN'
  | 'REGISTRY_FORMAT'
  | 'REGISTRY_UNAVAILABLE'
  | 'ARTIFACT_INVALID'
  | 'ARTIFACT_LIMIT'
  | 'ARTIFACT_EXTERNAL'
  | 'ARTIFACT_CUSTOM_OP'
  | 'ARTIFACT_UNSUPPORTED'
  | 'ADMISSION_FAILED'
  | 'GOLDEN_MISMATCH'
  | 'DEFINITION_INVALID'
  | 'DEFINITION_LOAD'
  | 'ROW_MALFORMED'
  | 'KEY_MISSING'
  | 'KEY_DUPLICATE'
  | 'SOURCE_INVALID'
  | 'SOURCE_SCHEMA'
  | 'SINK_FAILED'
  | 'OUTPUT_EXISTS'
  | 'RUN_UNKNOWN'
  | 'RUN_MISMATCH'
  | 'RUN_ACTIVE'
  | 'RUN_FAILED_PARTITION'
  | 'BAD_ROWS'
  | 'SCHEDULE_UNKNOWN'
  | 'STORED_MISSING'
  | 'STORED_STALE'
  | 'STORE_UNAVAILABLE'
  | 'SET_UNKNOWN'
  | 'SET_CONFLICT'
  | 'SET_INCOMPLETE'
  | 'SET_ACTIVE'
  | 'GATE_REFUSED'
  | 'USAGE'
  | 'CONFIG_INVALID'
  | 'FILE_UNKNOWN'
  | 'ADDRESS_IN_USE'
  | 'PACKAGE_MISSING'
  | 'INTERNAL'

const usage = { exit: 2 } as const
const data = { http: 400, grpc: 3, exit: 3 } as const
const missing = { http: 404, grpc: 5, exit: 4 } as const
const denied = { exit: 5 } as const
const busy = { exit: 6 } as const
const internal = { http: 500, grpc: 13, exit: 1 } as const

/** The one error table. Exit codes: 1 internal, 2 usage, 3 data, 4 not found, 5 denied, 6 busy or late, 7 conflict or integrity. */
export const errorTable: Readonly<Record<ErrorCode, ErrorSpec>> = {
  // Requests: the bytes could not be read.
  INVALID_JSON: { ...data, help: 'The body is not valid JSON. Check the position that the message names.' },
  INVALID_UTF8: { ...data, help: 'A text is not valid UTF-8. Send UTF-8, or binary data where the protocol has it.' },
  INVALID_REQUEST: { ...data, help: 'The request does not have the shape that the protocol asks for. The message names the place.' },
  INVALID_BINARY: { ...data, help: 'The binary section does not match its declared sizes.' },
  INVALID_ENCODING: { ...data, help: 'The compressed body could not be decompressed. Check Content-Encoding.' },
  UNSUPPORTED_MEDIA_TYPE: { http: 415, grpc: 3, exit: 3, help: 'This route does not read that Content-Type or Content-Encoding.' },
  PAYLOAD_TOO_LARGE: {
    http: 413,
    grpc: 8,
    exit: 3,
    help: 'The body, as sent or decompressed, is over the limit. Send less or raise limits.bodyBytes.',
  },
  TOO_DEEP: { ...data, help: 'The JSON is nested deeper than the limit (limits.depth).' },
  TOO_MANY_ELEMENTS: { ...data, help: 'A tensor or row list is longer than the limit (limits.elements).' },
  METHOD_NOT_ALLOWED: { http: 405, grpc: 12, ...usage, help: 'The route exists with another method. See the Allow header.' },
  ROUTE_UNKNOWN: { http: 404, grpc: 12, ...usage, help: 'No such route. See /docs for the routes of this server.' },
  // Rows: the values are wrong. Reported for each row; the neighbours are answered.
  INPUT_MISSING: { ...data, help: 'A required input is absent or null. Send it, or declare it optional in the signature.' },
  INPUT_UNKNOWN: { ...data, help: 'The row has a field that the signature does not have. Check the spelling.' },
  INPUT_DUPLICATE: { ...data, help: 'A field or tensor is given twice.' },
  INPUT_TYPE: { ...data, help: 'A value has another type than the signature says. Numbers are not read from strings.' },
  INPUT_SHAPE: { ...data, help: 'A tensor has another rank, dimension or element count than the signature says.' },
  INPUT_DATATYPE: { ...data, help: 'A tensor is sent with another datatype than the signature says.' },
  INPUT_RANGE: { ...data, help: 'A number is outside the range of the signature or of its datatype.' },
  INPUT_CATEGORY: { ...data, help: 'A category is not among those of the signature.' },
  INPUT_LENGTH: { ...data, help: 'A text is shorter or longer than the signature allows.' },
  INPUT_PATTERN: { ...data, help: 'A text does not match the pattern of the signature.' },
  INPUT_FINITE: { ...data, help: 'A number is NaN or infinite where the signature wants finite numbers.' },
  INPUT_SCHEMA: { ...data, help: 'A value was refused by the Standard Schema of its field.' },
  INPUT_CROSS: { ...data, help: 'A check over several fields failed. The message names the check.' },
  OUTPUT_TYPE: { ...internal, help: 'The model returned another type than its signature says, and there is no fallback.' },
  OUTPUT_RANGE: { ...internal, help: 'The model returned a value outside the range of its signature, and there is no fallback.' },
  OUTPUT_SUM: { ...internal, help: 'The model returned values that do not sum to what its signature says, and there is no fallback.' },
  OUTPUT_FINITE: { ...internal, help: 'The model returned NaN or infinity, and there is no fallback.' },
  OUTPUT_UNKNOWN: { ...data, help: 'The request asks for an output that the model does not have.' },
  GATHER_MISSING: { http: 422, grpc: 9, exit: 4, help: 'The feature store has no row for the key, and the feature is required.' },
  GATHER_FAILED: { http: 503, grpc: 14, ...busy, help: 'The feature store did not answer. See the server log.' },
  PREPROCESS_FAILED: { ...internal, help: 'The preprocess function of the definition threw. See the server log.' },
  POSTPROCESS_FAILED: { ...internal, help: 'The postprocess function of the definition threw. See the server log.' },
  RUN_FAILED: { ...internal, help: 'The model failed on this row. See the server log.' },
  FALLBACK_FAILED: { ...internal, help: 'The model and every fallback failed on this row. See the server log.' },
  // Serving.
  DEADLINE: { http: 504, grpc: 4, ...busy, help: 'The answer did not come within the deadline, and there is no fallback.' },
  CANCELLED: { http: 499, grpc: 1, ...busy, help: 'The client went away before its answer was computed.' },
  QUEUE_FULL: { http: 429, grpc: 8, ...busy, help: 'The queue of the model is full. Retry after the time in Retry-After.' },
  NOT_READY: {
    http: 503,
    grpc: 14,
    ...busy,
    help: 'The server or model is starting, draining or failed its self-test. Retry after the time in Retry-After.',
  },
  UNREACHABLE: {
    http: 503,
    grpc: 14,
    ...busy,
    help: 'The client got no answer at all: the server is not there, or the connection was lost. Check its URL.',
  },
  WORKER_LOST: { http: 503, grpc: 14, ...busy, help: 'The model worker ended while it ran the request. A new one is started; retry.' },
  UNAUTHENTICATED: { http: 401, grpc: 16, ...denied, help: 'The route wants a key: Authorization: Bearer <key>.' },
  FORBIDDEN: { http: 403, grpc: 7, ...denied, help: 'The key has no scope for this.' },
  UNSUPPORTED: { http: 501, grpc: 12, ...usage, help: 'The protocol has this call, slipway does not offer it.' },
  // Registry.
  MODEL_NAME: {
    ...data,
    help: 'A model name is lower case letters, digits, dots, underscores and dashes, 128 at most, and starts with a letter or digit.',
  },
  MODEL_UNKNOWN: { ...missing, help: 'No model of that name. `slipway models list` shows those that exist.' },
  VERSION_UNKNOWN: { ...missing, help: 'The model has no such version. `slipway models show <model>` lists them.' },
  ALIAS_UNKNOWN: { ...missing, help: 'The model has no such alias. `slipway models show <model>` lists them.' },
  ALIAS_CONFLICT: { http: 409, grpc: 10, exit: 7, help: 'The alias was moved by somebody else meanwhile. Look again and repeat.' },
  VERSION_IN_USE: { http: 409, grpc: 9, exit: 7, help: 'An alias points at the version. Move the alias first.' },
  INTEGRITY: {
    ...internal,
    exit: 7,
    help: 'Stored bytes do not match their digest. Restore the blob from a backup or add the version again.',
  },
  JOURNAL_BROKEN: { ...internal, exit: 7, help: 'The chain of the journal is broken at the named entry. Compare with a backup.' },
  REGISTRY_FORMAT: { ...internal, exit: 7, help: 'The folder is not a slipway registry, or of another schema version.' },
  REGISTRY_UNAVAILABLE: {
    http: 503,
    grpc: 14,
    ...busy,
    help: 'The storage of the registry did not answer or refused: permission, disk full, network. The message has its reason.',
  },
  // Artifacts and definitions.
  ARTIFACT_INVALID: { ...data, help: 'The file is not an ONNX model that slipway can read. The message names the place.' },
  ARTIFACT_LIMIT: { ...data, help: 'The ONNX file is over a limit (size, depth, nodes).' },
  ARTIFACT_EXTERNAL: { ...data, help: 'The ONNX file names external data that was not listed, or lies outside its folder.' },
  ARTIFACT_CUSTOM_OP: { ...data, help: 'The graph uses an operator domain that is not allowed. Use --allow-domain to allow it.' },
  ARTIFACT_UNSUPPORTED: {
    http: 501,
    grpc: 12,
    exit: 3,
    help: 'The graph uses something that no engine of slipway runs. The message names it.',
  },
  ADMISSION_FAILED: {
    ...data,
    help: 'The version was not admitted: it could not be loaded or run within the limits, or a golden example differs.',
  },
  GOLDEN_MISMATCH: { ...internal, exit: 7, help: 'The loaded version does not reproduce its golden examples on this machine.' },
  DEFINITION_INVALID: { ...data, help: 'The model definition does not fit its ONNX file. The message names the field.' },
  DEFINITION_LOAD: { ...data, help: 'The model definition could not be loaded. It may import only `slipway` and its own files.' },
  // Batch runs and stored predictions.
  ROW_MALFORMED: { ...data, help: 'A record of the source is no row: quotes, too few or too many cells, or text that is no JSON.' },
  KEY_MISSING: { ...data, help: 'A row has no key where one is wanted.' },
  KEY_DUPLICATE: { ...data, help: 'A row has a key that an earlier row of the same run has. The first stays.' },
  SOURCE_INVALID: {
    ...data,
    help: 'A source cannot be read: damaged or truncated file, empty input, failing query. The message names file and place.',
  },
  SOURCE_SCHEMA: {
    ...data,
    help: 'A column that the model needs is absent from the source or of another type. Map it with --map, or cast it in a query.',
  },
  SINK_FAILED: {
    http: 503,
    grpc: 14,
    ...busy,
    help: 'The output could not be written: disk full, no permission, database gone. Run the same command again when it is mended: it goes on where it stopped.',
  },
  OUTPUT_EXISTS: {
    http: 409,
    grpc: 6,
    exit: 7,
    help: 'The output is there already and is of no earlier run. Choose another, or give --overwrite.',
  },
  RUN_UNKNOWN: { ...missing, help: 'No such run. `slipway batch list` shows those that exist.' },
  RUN_MISMATCH: {
    http: 409,
    grpc: 9,
    exit: 7,
    help: 'An unfinished run for the same output differs in what the message names. Repeat it as it was, or start anew with --restart.',
  },
  RUN_ACTIVE: { http: 409, grpc: 10, ...busy, help: 'Another process works on this run. Wait for it, or end it.' },
  RUN_FAILED_PARTITION: {
    ...internal,
    help: 'A partition failed again and again; the message has the reason. What was committed stays: mend the cause and run the same command.',
  },
  BAD_ROWS: { ...data, help: 'More rows were bad than --max-bad-rows or --max-bad-fraction allows. The quarantine file has them.' },
  SCHEDULE_UNKNOWN: { ...missing, help: 'The configuration has no batch of that name.' },
  STORED_MISSING: { ...missing, help: 'The active set has no prediction for the key, and the policy of the model is to say so.' },
  STORED_STALE: { ...missing, help: 'The stored prediction is older than maxAgeMs, and the policy of the model is to refuse it.' },
  STORE_UNAVAILABLE: { http: 503, grpc: 14, ...busy, help: 'The store of predictions did not answer. See the server log.' },
  SET_UNKNOWN: { ...missing, help: 'No such set of predictions. `slipway stored list` shows those that exist.' },
  SET_CONFLICT: { http: 409, grpc: 6, exit: 7, help: 'A set of that id is there already with other contents.' },
  SET_INCOMPLETE: {
    http: 409,
    grpc: 9,
    exit: 7,
    help: 'The set is not whole: its rows or checksum are not those of its run. Load it again; it cannot be flipped.',
  },
  SET_ACTIVE: { http: 409, grpc: 9, exit: 7, help: 'Readers are answered from this set. Flip to another one first.' },
  GATE_REFUSED: {
    http: 409,
    grpc: 9,
    exit: 7,
    help: 'The gate refused the set: its scores or fallback share differ too much from the active one. Look at the report, then --force.',
  },
  // Command line and configuration.
  USAGE: { http: 400, grpc: 3, ...usage, help: 'The command line is wrong. Add --help.' },
  CONFIG_INVALID: { http: 400, grpc: 3, ...usage, help: 'The configuration has a wrong value. The message names the key.' },
  FILE_UNKNOWN: { ...missing, help: 'No such file.' },
  ADDRESS_IN_USE: {
    ...internal,
    ...usage,
    help: 'The port is taken. Choose another with --port, --grpc-port or --admin-port, or 0 for a free one.',
  },
  PACKAGE_MISSING: { ...internal, ...usage, help: 'An optional package is not installed. The message has the install line.' },
  INTERNAL: { ...internal, help: 'A defect of slipway. The server log has the details under the request id.' },
}

/** The one error class. Its message is meant for the caller: no stack, no path of the server, no value of another caller. */
export class SlipwayError extends Error {
  override readonly name = 'SlipwayError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(message, options)
    this.code = code
  }

  get spec(): ErrorSpec {
    return errorTable[this.code]
  }
}

/** Any thrown value as a SlipwayError: what is not one becomes INTERNAL with a fixed text, the original as `cause`. */
export function toSlipwayError(thrown: unknown): SlipwayError {
  if (thrown instanceof SlipwayError) return thrown
  return new SlipwayError('INTERNAL', 'internal error', { cause: thrown })
}
