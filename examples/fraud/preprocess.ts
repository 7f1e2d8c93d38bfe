import { channels, countries, merchants } from './payment.js'
import type { PaymentFrame } from './payment.js'

/** Columns of the matrix: 8 numbers, 6 derived ones, one for each country, kind of merchant and channel. */
const width = 14 + countries.length + merchants.length + channels.length

/**
 * Payments to the float32 [rows, width] matrix of fraud.onnx and fraud-small.onnx, one column after the other; an unknown number is NaN.
 * The same step as features.py.
 */
export function preprocess({ length, columns }: PaymentFrame): { readonly features: Float32Array } {
  const matrix = new Float32Array(length * width)
  let column = 0
  const write = (valueOf: (row: number) => number): void => {
    for (let row = 0, at = column; row < length; row += 1, at += width) matrix[at] = valueOf(row)
    column += 1
  }
  const writeNumbers = (data: ArrayLike<number>): void => write((row) => data[row] ?? Number.NaN)
  const writeOneHot = (categories: readonly string[], data: readonly string[]): void => {
    for (const name of categories) write((row) => (data[row] === name ? 1 : 0))
  }

  const { amount, amountRatio, hour, country, cardCountry } = columns
  writeNumbers(amount.data)
  writeNumbers(amountRatio.data)
  writeNumbers(columns.cardAgeDays.data)
  writeNumbers(columns.distanceKm.data)
  writeNumbers(columns.transactions24h.data)
  writeNumbers(columns.declines24h.data)
  writeNumbers(columns.minutesSinceLast.data)
  writeNumbers(columns.merchantFraudRate.data)
  write((row) => Math.log1p(amount.data[row] ?? 0))
  write((row) => Math.log1p(amountRatio.data[row] ?? 0))
  write((row) => Math.sin(angleOf(hour.data[row] ?? 0)))
  write((row) => Math.cos(angleOf(hour.data[row] ?? 0)))
  writeNumbers(columns.newMerchant.data)
  write((row) => (country.data[row] === cardCountry.data[row] ? 0 : 1))
  writeOneHot(countries, country.data)
  writeOneHot(merchants, columns.merchantCategory.data)
  writeOneHot(channels, columns.channel.data)
  return { features: matrix }
}

/** The hour as an angle, so that 23 and 0 are neighbours. */
function angleOf(hour: number): number {
  return hour * ((2 * Math.PI) / 24)
}
