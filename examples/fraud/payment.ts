import { boolean, category, integer, number } from 'slipway'
import type { FrameOf, ToFields } from 'slipway'

export const countries = ['AT', 'BE', 'DE', 'ES', 'FR', 'GB', 'IT', 'NL', 'PL', 'US', 'other'] as const
export const channels = ['chip', 'contactless', 'magstripe', 'online'] as const
export const merchants = [
  'groceries',
  'fuel',
  'restaurants',
  'fashion',
  'electronics',
  'travel',
  'digital',
  'gambling',
  'cash',
  'other',
] as const

/** The fields of a card payment. A country or kind of merchant that the model never saw is left to the fallback. */
export const payment = {
  amount: number({ min: 0, max: 50_000, unit: 'EUR' }),
  amountRatio: number({ min: 0, description: 'Amount divided by what this card usually spends at a time.' }),
  country: category(countries, { onFail: 'fallback', description: 'Where the merchant is.' }),
  cardCountry: category(countries, { onFail: 'fallback', description: 'Where the card was issued.' }),
  merchantCategory: category(merchants, { onFail: 'fallback' }),
  channel: category(channels),
  hour: integer({ dtype: 'uint8', min: 0, max: 23, description: 'Local time at the merchant.' }),
  cardAgeDays: number({ min: 0, optional: true, unit: 'days' }),
  distanceKm: number({ min: 0, max: 20_100, optional: true, unit: 'km', description: 'From the home of the holder; unknown online.' }),
  transactions24h: integer({ dtype: 'int32', min: 0, description: 'Payments of this card in the last 24 hours.' }),
  declines24h: integer({ dtype: 'int32', min: 0, description: 'Of these, payments that were declined.' }),
  minutesSinceLast: number({ min: 0, unit: 'min', description: 'Since the last payment of this card.' }),
  newMerchant: boolean({ description: 'The card was never used there before.' }),
  merchantFraudRate: number({ min: 0, max: 1, description: 'Share of fraud in the last payments at this merchant.' }),
}

export type PaymentFrame = FrameOf<ToFields<typeof payment>>
