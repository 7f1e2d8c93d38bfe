import { defineModel, number } from 'slipway'
import type { Tensor } from 'slipway'
import { payment } from './payment.js'
import { preprocess } from './preprocess.js'

export default defineModel({
  name: 'fraud',
  description: 'Is this card payment a fraud? Gradient-boosted trees on 14 fields of a payment.',
  artifact: './fraud.onnx',
  input: payment,
  output: { probability: number({ min: 0, max: 1, description: 'That the payment is a fraud.' }) },
  gather: { cards: { key: 'cardId', features: ['cardAgeDays'] } },
  preprocess,
  postprocess,
  guard: {
    deadlineMs: 200,
    cross: {
      'distance-online': {
        test: (row) => row.channel !== 'online' || row.distanceKm == null || `received ${row.distanceKm} km for an online payment`,
        onFail: 'warn',
      },
    },
  },
  fallback: [
    { name: 'small', artifact: './fraud-small.onnx', preprocess, postprocess },
    { name: 'rule', answer: (row) => ({ probability: row.amount > 5_000 || row.declines24h >= 3 ? 0.9 : 0.05 }) },
  ],
  examples: [
    {
      amount: 24.9,
      amountRatio: 0.7,
      country: 'DE',
      cardCountry: 'DE',
      merchantCategory: 'groceries',
      channel: 'contactless',
      hour: 18,
      cardAgeDays: 812,
      distanceKm: 2.4,
      transactions24h: 1,
      declines24h: 0,
      minutesSinceLast: 410,
      newMerchant: false,
      merchantFraudRate: 0.002,
    },
    {
      amount: 389,
      amountRatio: 7.8,
      country: 'other',
      cardCountry: 'FR',
      merchantCategory: 'electronics',
      channel: 'online',
      hour: 3,
      cardAgeDays: 1_204,
      transactions24h: 6,
      declines24h: 2,
      minutesSinceLast: 11,
      newMerchant: true,
      merchantFraudRate: 0.041,
    },
    {
      amount: 1_450,
      amountRatio: 5.1,
      country: 'AT',
      cardCountry: 'DE',
      merchantCategory: 'travel',
      channel: 'chip',
      hour: 10,
      distanceKm: 640,
      transactions24h: 2,
      declines24h: 0,
      minutesSinceLast: 95,
      newMerchant: true,
      merchantFraudRate: 0.006,
    },
  ],
})

/** The second class is fraud: every other element of float32 [rows, 2]. */
function postprocess(tensors: Readonly<Record<string, Tensor>>): { readonly probability: number[] } {
  const both = tensors['probabilities']?.data as Float32Array
  return { probability: Array.from({ length: both.length / 2 }, (_, row) => both[2 * row + 1] ?? Number.NaN) }
}
