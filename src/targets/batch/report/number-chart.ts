import type { NumberProfile } from '../../../monitoring/output-profile.js'
import { histogramOf } from './histogram.js'
import type { Histogram } from './histogram.js'
import type { Markup } from './markup.js'
import { html } from './markup.js'
import { measure, share } from './format.js'
import { roundTicks, tickLabels } from './ticks.js'

const width = 360
const height = 170
const left = 40
const right = 14
const top = 10
const bottom = 22

/** A histogram of an output as SVG, the reference as an outline over it. */
export function numberChart(name: string, profile: NumberProfile, reference: NumberProfile | null): Markup {
  const histogram = histogramOf(profile, reference)
  const yTicks = roundTicks(0, Math.max(...histogram.shares, ...(histogram.reference ?? [])), 3)
  const most = Math.max(yTicks.at(-1)!, ...histogram.shares, ...(histogram.reference ?? []))
  const end = histogram.start + histogram.step * histogram.shares.length
  const x = (value: number): number => left + ((value - histogram.start) / (end - histogram.start)) * (width - left - right)
  const y = (value: number): number => height - bottom - (value / most) * (height - top - bottom)
  const xTicks = roundTicks(histogram.start, end, 5)
  const labels = tickLabels(xTicks)
  const label = `Distribution of ${name}: mean ${measure(profile.mean)}, from ${measure(profile.min)} to ${measure(profile.max)}`
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
    ${yTicks.map((tick) => html`<line class="grid" x1="${left}" x2="${width - right}" y1="${round(y(tick))}" y2="${round(y(tick))}" /><text class="tick" x="${left - 6}" y="${round(y(tick) + 4)}" text-anchor="end">${share(tick, 1)}</text>`)}
    ${bars(histogram, x, y)}
    ${histogram.reference === null ? null : html`<path class="outline" d="${outline(histogram, histogram.reference, x, y)}" />`}
    ${xTicks.map((tick, i) => html`<line class="mark" x1="${round(x(tick))}" x2="${round(x(tick))}" y1="${height - bottom}" y2="${height - bottom + 4}" /><text class="tick" x="${round(x(tick))}" y="${height - 6}" text-anchor="middle">${labels[i]!}</text>`)}
    <line class="axis" x1="${left}" x2="${width - right}" y1="${height - bottom}" y2="${height - bottom}" />
  </svg>`
}

type Scale = (value: number) => number

function bars({ start, step, shares }: Histogram, x: Scale, y: Scale): Markup[] {
  return shares.flatMap((value, i) => {
    if (value === 0) return []
    const [from, to] = [x(start + i * step), x(start + (i + 1) * step)]
    // What is there is seen, be it one row of a million.
    const tall = Math.max(0.75, y(0) - y(value))
    return [
      html`<rect
        class="bar"
        x="${round(from + 0.4)}"
        y="${round(y(0) - tall)}"
        width="${round(to - from - 0.8)}"
        height="${round(tall)}"
      />`,
    ]
  })
}

function outline({ start, step }: Histogram, shares: readonly number[], x: Scale, y: Scale): string {
  const steps = shares.map((value, i) => `V${round(y(value))}H${round(x(start + (i + 1) * step))}`)
  return `M${round(x(start))} ${round(y(0))}${steps.join('')}V${round(y(0))}`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
