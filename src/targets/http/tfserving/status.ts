import { SlipwayError } from '../../../core/errors.js'
import type { ModelRef } from '../../../serving/model-ref.js'
import type { HttpAnswer } from '../answer.js'
import { json } from '../answer.js'
import type { RouteParts } from '../route-parts.js'
import { versionStatus } from './metadata.js'
import { tfservingModel } from './tfserving-errors.js'

/**
 * `GET /v1/models/{m}` of two protocols in one: `model_version_status` for TF Serving, `name` and `ready` for KServe v1. 503, as
 * KServe wants it, for a model that is known and does not answer.
 */
export async function modelStatus({ plane, isDraining }: RouteParts, ref: ModelRef): Promise<HttpAnswer> {
  const known = (await plane.index()).filter((entry) => entry.name === ref.name)
  if (known.length > 0 && !plane.names().includes(ref.name))
    throw new SlipwayError('NOT_READY', `the model \`${ref.name}\` is not being served`)
  const { version } = tfservingModel(plane, ref).info
  const specific = ref.selector.version !== undefined || ref.selector.alias !== undefined
  const served = specific ? [version] : plane.versions(ref.name).map((model) => model.info.version)
  const states = new Map(known.map((entry) => [entry.version, entry.state]))
  const ready = !isDraining() && (await plane.modelReady(ref.name, ref.selector))
  const statuses = served.map((number) => versionStatus(number, states.get(number) ?? 'READY'))
  return json({ name: ref.name, ready, model_version_status: statuses }, ready ? 200 : 503)
}
