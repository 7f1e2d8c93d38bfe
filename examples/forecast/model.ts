import { defineModel, number } from 'slipway'
import type { Tensor } from 'slipway'
import { cohort, type CohortFrame } from './cohort.js'
import { amountOn, fitCurve } from './curve.js'
import { preprocess } from './preprocess.js'

/** Days of the four outputs of forecast.onnx. */
const days = [30, 90, 180, 365]
const amount = (day: number) =>
  number({ min: 0, max: 100_000, unit: 'EUR', description: `What a customer of the cohort will have paid by day ${day}.` })

export default defineModel({
  name: 'forecast',
  description: 'What will a cohort of customers have paid by day 30, 90, 180, 365 and 730, from what is known after a week?',
  artifact: './forecast.onnx',
  input: cohort,
  output: {
    day30: amount(30),
    day90: amount(90),
    day180: amount(180),
    day365: amount(365),
    day730: number({ min: 0, max: 200_000, unit: 'EUR', description: 'The curve through the predicted points, a year further on.' }),
    scale: number({ min: 0, description: 'Of the curve scale * day ** exponent.' }),
    exponent: number({ min: 0, max: 2 }),
  },
  preprocess,
  postprocess,
  guard: { cross: { 'paid-grows': (row) => row.paidDay1 <= row.paidDay7 * 2 || 'day 1 is more than twice day 7' } },
  fallback: {
    name: 'curve-of-week-one',
    // Three points and no model: far less sure, and said so by the source.
    answer: (row) => answerOf([1, 3, 7], [row.paidDay1, row.paidDay3, row.paidDay7]),
  },
  examples: [
    {
      channel: 'search',
      country: 'DE',
      customers: 412,
      retentionDay1: 0.45,
      retentionDay3: 0.29,
      retentionDay7: 0.21,
      payerShare: 0.052,
      paidDay1: 0.58,
      paidDay3: 1.03,
      paidDay7: 1.62,
    },
    {
      channel: 'video',
      country: 'BR',
      customers: 1_903,
      retentionDay1: 0.44,
      retentionDay3: 0.22,
      retentionDay7: 0.12,
      payerShare: 0.024,
      paidDay1: 0.11,
      paidDay3: 0.16,
      paidDay7: 0.22,
    },
  ],
})

interface Forecast {
  readonly day30: number
  readonly day90: number
  readonly day180: number
  readonly day365: number
  readonly day730: number
  readonly scale: number
  readonly exponent: number
}

/** The network gives logarithms, float32 [rows, 4]; the curve goes through what has been paid by day 7 and the four predictions. */
function postprocess(tensors: Readonly<Record<string, Tensor>>, { length, columns }: CohortFrame): Record<keyof Forecast, number[]> {
  const logs = tensors['variable']?.data as Float32Array
  const rows = Array.from({ length }, (_, row) => {
    const predicted = days.map((_day, i) => Math.exp(logs[row * days.length + i]!))
    const known = columns.paidDay7.data[row]!
    const [day30, day90, day180, day365] = predicted as [number, number, number, number]
    const curve = known > 0 ? fitCurve([7, ...days], [known, ...predicted]) : fitCurve(days, predicted)
    return { day30, day90, day180, day365, day730: amountOn(curve, 730), ...curve }
  })
  const column = (name: keyof Forecast): number[] => rows.map((row) => row[name])
  return {
    day30: column('day30'),
    day90: column('day90'),
    day180: column('day180'),
    day365: column('day365'),
    day730: column('day730'),
    scale: column('scale'),
    exponent: column('exponent'),
  }
}

/** The curve through known amounts; a cent where nothing was paid. */
function answerOf(known: readonly number[], amounts: readonly number[]): Forecast {
  const curve = fitCurve(
    known,
    amounts.map((paid) => Math.max(paid, 0.01)),
  )
  const [day30, day90, day180, day365, day730] = [...days, 730].map((day) => amountOn(curve, day)) as [
    number,
    number,
    number,
    number,
    number,
  ]
  return { day30, day90, day180, day365, day730, ...curve }
}
