const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const significant = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 4 })
const scientific = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3, notation: 'scientific' })

/** A count with its thousands grouped: `12,345,678`. */
export function count(value: number): string {
  return grouped.format(value)
}

/** A measured value with four digits that count: `0.1235`, `12,350`, `1.2E-9`. */
export function measure(value: number | null): string {
  if (value === null) return '–'
  const magnitude = Math.abs(value)
  return magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e12) ? scientific.format(value) : significant.format(value)
}

/** A share of a whole: `12.3%`, `<0.1%`; `0%` only for nothing at all. */
export function share(part: number, whole: number): string {
  if (whole === 0 || part === 0) return '0%'
  const percent = (100 * part) / whole
  if (percent < 0.1) return '<0.1%'
  // Never 100% while something is left.
  return `${part === whole ? 100 : Math.min(99.9, Math.round(percent * 10) / 10)}%`
}

/** Time in the two units that matter: `850 ms`, `12.3 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  const minutes = Math.round(ms / 60_000)
  return seconds < 3600 ? pair(seconds, 60, 'min', 's') : pair(minutes, 60, 'h', 'min')
}

/** Bytes in powers of 1000: `980 B`, `12.3 MB`. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const unit = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3))
  return `${unit === 0 ? value : (value / 1000 ** unit).toFixed(1)} ${units[unit]}`
}

/** A time as `2026-03-01 02:00:07 UTC`; as it is when it is no time. */
export function moment(iso: string): string {
  const time = new Date(iso)
  return Number.isNaN(time.getTime()) ? iso : `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

function pair(value: number, base: number, large: string, small: string): string {
  const rest = value % base
  return `${count(Math.floor(value / base))} ${large}${rest === 0 ? '' : ` ${rest} ${small}`}`
}
