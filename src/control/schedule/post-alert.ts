import { SlipwayError } from '../../core/errors.js'
import type { ScheduleAlert } from '../../targets/batch/schedule/schedule-ports.js'

const limitMs = 10_000

/** Sends an alert as JSON. `text` is there for chat services that show it as it is. UNREACHABLE when it is not taken within 10 s. */
export async function postAlert(webhook: string, alert: ScheduleAlert): Promise<void> {
  const body = JSON.stringify({ ...alert, text: alert.message })
  const answer = await fetch(webhook, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(limitMs),
  }).catch((cause: unknown) => {
    throw new SlipwayError('UNREACHABLE', 'the webhook of the alert did not answer', { cause })
  })
  await answer.body?.cancel()
  if (!answer.ok) throw new SlipwayError('UNREACHABLE', `the webhook of the alert answered ${answer.status}`)
}
