/** How NaN and infinities are written. */
export type NonFinite = 'literal' | 'null'

/** A value as JSON, with what JSON.stringify can not write: bigints as integers, -0, and NaN and infinities in the dialect asked for. */
export function jsonText(value: unknown, nonFinite: NonFinite): string {
  switch (typeof value) {
    case 'number':
      return numberText(value, nonFinite)
    case 'bigint':
      return value.toString()
    case 'object':
      return value === null ? 'null' : objectText(value, nonFinite)
    default:
      return JSON.stringify(value) ?? 'null'
  }
}

/** The elements of an array as JSON numbers. */
export function numbersText(values: ArrayLike<number | bigint>, nonFinite: NonFinite): string {
  let text = '['
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number | bigint
    if (i > 0) text += ','
    text += typeof value === 'bigint' ? value.toString() : numberText(value, nonFinite)
  }
  return `${text}]`
}

function numberText(value: number, nonFinite: NonFinite): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  return nonFinite === 'null' ? 'null' : String(value)
}

function objectText(value: object, nonFinite: NonFinite): string {
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return numbersText(value as unknown as ArrayLike<number>, nonFinite)
  if (Array.isArray(value)) return `[${value.map((item) => jsonText(item, nonFinite)).join(',')}]`
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined && typeof member !== 'function')
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${jsonText(member, nonFinite)}`).join(',')}}`
}
