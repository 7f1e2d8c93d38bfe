import { SlipwayError } from '../../../core/errors.js'
import type { Reply, RequestContext, ServedModel } from '../../../serving/data-plane.js'
import type { PlainRow } from './read-instance.js'

/** Sends plain rows through a model; INVALID_REQUEST when there is none. */
export function predictRows(model: ServedModel, rows: readonly PlainRow[], context: RequestContext): Promise<Reply> {
  if (rows.length === 0) throw new SlipwayError('INVALID_REQUEST', 'the request has no rows')
  return model.submit((builder) => {
    for (const row of rows) builder.appendRow(row)
  }, context)
}
