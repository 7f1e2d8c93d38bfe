import type { IntegerField, NumberField, TimestampField } from '../core/field.js'
import { isBigInt } from '../core/dtype.js'
import type { FrameCheck, Subject } from './check.js'
import { excused, note } from './check.js'
import { describeField } from './describe-field.js'
import { showValue } from './show-value.js'

/** Range and finiteness of a `number`; null when every number passes. */
export function numberCheck(subject: Subject<NumberField>): FrameCheck | null {
  const { min, max, allowNonFinite = false } = subject.field
  if (allowNonFinite && min === undefined && max === undefined) return null
  const limit = allowNonFinite ? Infinity : Number.MAX_VALUE
  return boundsCheck(subject, {
    low: Math.max(min ?? -limit, -limit),
    high: Math.min(max ?? limit, limit),
    allowNonFinite,
    show: showValue,
  })
}

/** Range of a `timestamp`; null without bounds. */
export function timestampCheck(subject: Subject<TimestampField>): FrameCheck | null {
  const { min, max } = subject.field
  if (min === undefined && max === undefined) return null
  const low = min === undefined ? -Infinity : new Date(min).getTime()
  const high = max === undefined ? Infinity : new Date(max).getTime()
  return boundsCheck(subject, { low, high, allowNonFinite: false, show: (value) => showValue(new Date(value)) })
}

/** Range of an `integer`; null without bounds. */
export function integerCheck(subject: Subject<IntegerField>): FrameCheck | null {
  const { min, max, dtype } = subject.field
  if (min === undefined && max === undefined) return null
  if (isBigInt(dtype)) return bigIntCheck(subject, min, max)
  const low = min === undefined ? -Infinity : Number(min)
  return boundsCheck(subject, { low, high: max === undefined ? Infinity : Number(max), allowNonFinite: false, show: showValue })
}

interface Bounds {
  readonly low: number
  readonly high: number
  readonly allowNonFinite: boolean
  readonly show: (value: number) => string
}

function boundsCheck(subject: Subject, { low, high, allowNonFinite, show }: Bounds): FrameCheck {
  const { name, codes } = subject
  const expected = describeField(subject.field)
  return (frame, log) => {
    const column = frame.columns[name]!
    const data = column.data as Float64Array
    for (let row = firstOutside(data, frame.length, low, high); row < frame.length; row++) {
      const value = data[row]!
      if ((value >= low && value <= high) || excused(column, log, name, row)) continue
      if (Number.isFinite(value) || (allowNonFinite && !Number.isNaN(value))) {
        note(log, subject, row, { code: codes.range, expected, received: show(value) })
      } else if (!allowNonFinite) {
        note(log, subject, row, { code: codes.finite, expected: `${expected}, finite,`, received: String(value) })
      }
    }
  }
}

/** The first row whose value is not within the bounds; `rows` when there is none. A loop for each kind of storage: each is compiled for it alone. */
function firstOutside(data: unknown, rows: number, low: number, high: number): number {
  if (data instanceof Float64Array) return firstOutside64(data, rows, low, high)
  return data instanceof Float32Array ? firstOutside32(data, rows, low, high) : 0
}

function firstOutside64(data: Float64Array, rows: number, low: number, high: number): number {
  for (let row = 0; row < rows; row++) {
    const value = data[row]!
    if (!(value >= low && value <= high)) return row
  }
  return rows
}

function firstOutside32(data: Float32Array, rows: number, low: number, high: number): number {
  for (let row = 0; row < rows; row++) {
    const value = data[row]!
    if (!(value >= low && value <= high)) return row
  }
  return rows
}

function bigIntCheck(subject: Subject<IntegerField>, min: number | bigint | undefined, max: number | bigint | undefined): FrameCheck {
  const { name, codes } = subject
  const expected = describeField(subject.field)
  const low = BigInt(min ?? -0x8000_0000_0000_0000n)
  const high = BigInt(max ?? 0xffff_ffff_ffff_ffffn)
  return (frame, log) => {
    const column = frame.columns[name]!
    const data = column.data as BigInt64Array
    for (let row = 0; row < frame.length; row++) {
      const value = data[row]!
      if ((value >= low && value <= high) || excused(column, log, name, row)) continue
      note(log, subject, row, { code: codes.range, expected, received: showValue(value) })
    }
  }
}
