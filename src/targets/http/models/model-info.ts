import type { DataPlane, ServedModel } from '../../../serving/data-plane.js'
import { fieldsInfo } from './field-info.js'

/** A served model, as `GET /models` and `GET /models/{m}` give it; `modelName` and `modelUrl` are for clients of TorchServe and SageMaker. */
export function modelInfo(plane: DataPlane, { info }: ServedModel): object {
  const { name, version, digest, aliases, description, engine, isolation, maxBatchRows, signature, example } = info
  return {
    name,
    version,
    digest,
    aliases,
    versions: plane.versions(name).map((served) => served.info.version),
    description,
    engine,
    isolation,
    maxBatchRows,
    input: fieldsInfo(signature.input),
    output: fieldsInfo(signature.output),
    example,
    modelName: name,
    modelUrl: modelUrl(name, version),
  }
}

/** Where the version lies, in words: models are named, never fetched. */
function modelUrl(name: string, version: string): string {
  return `registry:${name}@${version}`
}

/** TorchServe's description of a version (`GET /models/{m}/{version}`). */
export function torchserveDescription({ info }: ServedModel): object {
  return {
    modelName: info.name,
    modelVersion: info.version,
    modelUrl: modelUrl(info.name, info.version),
    runtime: info.engine,
    minWorkers: 1,
    maxWorkers: 1,
    batchSize: info.maxBatchRows,
    maxBatchDelay: 0,
    loadedAtStartup: true,
    workers: [{ id: info.digest.slice(0, 19), status: 'READY', gpu: false }],
    jobQueueStatus: { remainingCapacity: info.maxBatchRows, pendingRequests: 0 },
  }
}
