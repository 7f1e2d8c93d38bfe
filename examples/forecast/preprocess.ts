import { channels, countries, type CohortFrame } from './cohort.js'

/** One for each channel and country, then customers, three retentions, payers and three amounts. */
const width = channels.length + countries.length + 8

/** Cohorts to the float32 [rows, width] matrix of forecast.onnx. The same step as features.py. */
export function preprocess({ length, columns }: CohortFrame): { readonly cohort: Float32Array } {
  const matrix = new Float32Array(length * width)
  let column = 0
  const write = (valueOf: (row: number) => number): void => {
    for (let row = 0, at = column; row < length; row++, at += width) matrix[at] = valueOf(row)
    column++
  }
  for (const name of channels) write((row) => (columns.channel.data[row] === name ? 1 : 0))
  for (const name of countries) write((row) => (columns.country.data[row] === name ? 1 : 0))
  write((row) => Math.log1p(columns.customers.data[row] ?? 0))
  for (const share of [columns.retentionDay1, columns.retentionDay3, columns.retentionDay7, columns.payerShare]) {
    write((row) => share.data[row] ?? 0)
  }
  for (const amount of [columns.paidDay1, columns.paidDay3, columns.paidDay7]) write((row) => Math.log1p(amount.data[row] ?? 0))
  return { cohort: matrix }
}
