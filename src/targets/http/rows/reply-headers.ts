import type { Reply } from '../../../serving/data-plane.js'
import { labelsOf, predictionIds, sourcesOf } from '../../../serving/reply.js'

/** A header line has room for so many characters of codes. */
const codesLength = 1024

/** Who answered, and what the guards noted, for protocols whose bodies have no place for it. */
export function replyHeaders(reply: Reply): Record<string, string> {
  const { model } = reply.prediction
  const headers: Record<string, string> = {
    'slipway-model': `${model.name}@${model.version};digest=${model.digest}`,
    'slipway-prediction-id': predictionIds(reply),
  }
  if (reply.count === 0) return headers
  headers['slipway-source'] = sourcesOf(reply).map(headerText).join(',')
  const labels = labelsOf(reply)
  if (labels.length > 0) headers['slipway-codes'] = labels.map(headerText).join(',').slice(0, codesLength)
  return headers
}

/** Field names may be any text; header values may not. */
function headerText(text: string): string {
  return text.replaceAll(/[^\u0021-\u002b\u002d-\u007e]/g, '?')
}
