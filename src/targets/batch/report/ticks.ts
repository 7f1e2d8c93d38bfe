/** The smallest of 1, 2, 2.5 and 5 times a power of ten that is no smaller than `least`. */
export function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  const factor = [1, 2, 2.5, 5].find((candidate) => candidate * power >= least * (1 - 1e-9)) ?? 10
  return factor * power
}

/** About `wanted` round numbers from `start` to `end`, both taken in where they are round. */
export function roundTicks(start: number, end: number, wanted: number): number[] {
  if (!(end > start)) return [start]
  const step = roundStep((end - start) / wanted)
  const first = Math.ceil(start / step - 1e-9)
  const last = Math.floor(end / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => cleaned((first + i) * step, step))
}

/** Labels of ticks a step apart: as many decimals as tell them apart, large ones with `k`, `M`, `G`. */
export function tickLabels(ticks: readonly number[]): string[] {
  const largest = Math.max(...ticks.map(Math.abs))
  const step = ticks.length > 1 ? ticks[1]! - ticks[0]! : largest
  if (largest >= 1e15 || (largest > 0 && largest < 1e-4))
    return ticks.map((tick) => (tick === 0 ? '0' : tick.toExponential(1).replace('.0e', 'e')))
  const [, divisor, unit] = units.find(([least, divisor]) => largest >= least && step * 100 >= divisor) ?? [0, 1, '']
  const decimals = step === 0 ? 0 : decimalsOf(step / divisor)
  return ticks.map((tick) => (tick === 0 ? '0' : (tick / divisor).toLocaleString('en-US', { maximumFractionDigits: decimals }) + unit))
}

/** From which number on, by what it is divided, and what stands for that. */
const units: readonly (readonly [number, number, string])[] = [
  [1e9, 1e9, 'G'],
  [1e6, 1e6, 'M'],
  [1e5, 1e3, 'k'],
]

/** Decimals of a step that is round to two digits. */
function decimalsOf(step: number): number {
  return Math.min(12, Math.max(0, 1 - Math.floor(Math.log10(step) + 1e-9)))
}

/** Takes out what multiplication left behind the digits of the step: 0.30000000000000004. */
function cleaned(value: number, step: number): number {
  return Number(value.toFixed(Math.min(100, Math.max(0, 3 - Math.floor(Math.log10(step))))))
}
