export { SlipwayError } from './core/errors.js'
export type { ErrorCode } from './core/errors.js'
export { createClient } from './client/create-client.js'
export type { Client, RepositoryModel, ServerMetadata } from './client/create-client.js'
export type { FetchInit, FetchLike, FetchResponse } from './client/fetch.js'
export type {
  ModelClient,
  ModelClientOptions,
  ModelMetadata,
  PredictOptions,
  StatisticsEntry,
  TensorMetadata,
} from './client/model-client.js'
export type { CallOptions, ClientOptions } from './client/options.js'
export type { Answered, GuardFinding, InputRow, OutputRow, Refused, RowAnswer } from './client/prediction.js'
export type { Datatype } from './core/oip.js'
export type { InferInput, InferOutput, InferRequest, InferResponse, InputData, Parameters, RequestedOutput } from './client/tensors.js'
