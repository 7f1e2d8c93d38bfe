import type { RunProgress } from '../targets/batch/run-report.js'

const widestBar = 30
const narrowestBar = 8
const gap = '  '

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 })

/** A run on one line of at most `width` characters; what matters least is left out first. */
export function progressLine(progress: RunProgress, width: number): string {
  const { phase, fraction } = progress
  const percent = fraction === null || phase !== 'scoring' ? [] : [`${Math.floor(100 * Math.min(1, fraction))}%`.padStart(4)]
  const head = [progress.name ?? progress.model, ...phaseWords[phase], ...percent]
  const facts = factsOf(progress)
  let shown = facts.length
  while (shown > 0 && joined([...head, ...facts.slice(0, shown)]).length > width) shown--
  const rest = [...head, ...facts.slice(0, shown)]
  const room = Math.min(widestBar, width - joined(rest).length - gap.length)
  if (percent.length === 0 || room < narrowestBar) return clipped(joined(rest), width)
  return joined([head[0]!, drawn(fraction!, room), ...rest.slice(1)])
}

const phaseWords: Readonly<Record<RunProgress['phase'], readonly string[]>> = {
  spooling: ['reading the source'],
  scoring: [],
  finishing: ['finishing'],
}

/** The facts of a run, the most wanted first. */
function factsOf({ phase, read, bad, fallback, rowsPerSecond, etaMs }: RunProgress): string[] {
  const rows = `${grouped.format(read)} rows`
  if (phase !== 'scoring') return [rows]
  return [
    rows,
    ...(etaMs === null ? [] : [`ETA ${clockOf(etaMs)}`]),
    `${compact.format(rowsPerSecond)} rows/s`,
    `bad ${grouped.format(bad)}`,
    `fallback ${grouped.format(fallback)}`,
  ]
}

/** `0:07`, `12:30`, `3:05:00`. */
function clockOf(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60]
  const tail = String(seconds % 60).padStart(2, '0')
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${tail}` : `${minutes}:${tail}`
}

function drawn(fraction: number, width: number): string {
  const done = Math.floor(Math.min(1, fraction) * width)
  return '█'.repeat(done) + '░'.repeat(width - done)
}

function joined(parts: readonly string[]): string {
  return parts.join(gap)
}

function clipped(line: string, width: number): string {
  return line.length > width ? line.slice(0, Math.max(0, width)) : line
}
