import { category, integer, number } from 'slipway'
import type { FrameOf, ToFields } from 'slipway'

export const channels = ['search', 'social', 'video', 'partner', 'direct'] as const
export const countries = ['DE', 'FR', 'GB', 'US', 'JP', 'BR'] as const

const share = { min: 0, max: 1 } as const
const paid = { min: 0, max: 10_000, unit: 'EUR' } as const

/** Customers who came through one channel from one country on one day, and what is known of them after a week. */
export const cohort = {
  channel: category(channels, { onFail: 'fallback' }),
  country: category(countries, { onFail: 'fallback' }),
  customers: integer({ dtype: 'int32', min: 1 }),
  retentionDay1: number({ ...share, description: 'Share of the customers who were there on day 1.' }),
  retentionDay3: number(share),
  retentionDay7: number(share),
  payerShare: number({ ...share, description: 'Share of the customers who have paid anything.' }),
  paidDay1: number({ ...paid, description: 'Paid by day 1, per customer.' }),
  paidDay3: number(paid),
  paidDay7: number(paid),
}

export type CohortFrame = FrameOf<ToFields<typeof cohort>>
