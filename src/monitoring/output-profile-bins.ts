/** Bins for each power of two; a bin is at most 1/64 of its lower edge wide, so its middle is within 1/128 of every value in it. */
const perOctave = 64

/** One bin of a profile: values from `low` to `high`, counted. `low === high === 0` for zeros. */
export interface Bin {
  readonly low: number
  readonly high: number
  readonly count: number
}

/** The bins of a profile in ascending order of their values. */
export function sortedBins(bins: Readonly<Record<string, number>>): Bin[] {
  return Object.entries(bins)
    .map(([key, count]) => binOf(key, count))
    .sort((a, b) => a.low - b.low)
}

function binOf(key: string, count: number): Bin {
  if (key === '0') return { low: 0, high: 0, count }
  const bin = Number(key.slice(1))
  const [near, far] = [edgeOf(bin), edgeOf(bin + 1)]
  return key.startsWith('n') ? { low: -far, high: -near, count } : { low: near, high: far, count }
}

/** Lower edge of a bin of positive numbers: bin 0 is [1, 1 + 1/64), bin 64 is [2, 2 + 1/32), bin -1 ends at 1. */
function edgeOf(bin: number): number {
  const octave = Math.floor(bin / perOctave)
  return 2 ** octave * (1 + (bin - octave * perOctave) / perOctave)
}
