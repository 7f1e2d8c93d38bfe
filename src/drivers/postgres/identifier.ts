import { createHash } from 'node:crypto'

/** Bytes of a name at most; Postgres cuts longer ones without an error. */
export const maxNameBytes = 63

/** A name inside SQL. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A name made of two parts that fits: where it would be too long, a hash stands for what is cut off. */
export function joinedName(first: string, second: string): string {
  const whole = `${first}__${second}`
  if (Buffer.byteLength(whole) <= maxNameBytes) return whole
  const digest = createHash('sha256').update(whole).digest('hex').slice(0, 16)
  let head = first
  while (Buffer.byteLength(head) > maxNameBytes - digest.length - 2) head = head.slice(0, -1)
  return `${head}__${digest}`
}
