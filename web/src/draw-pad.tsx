import { type JSX, type PointerEvent, useEffect, useRef } from 'react'
import type { FieldInfo } from './api.js'

interface Props {
  readonly id: string
  readonly field: FieldInfo
  readonly value: readonly number[]
  readonly onChange: (value: readonly number[]) => void
}

const zoom = 8

/** A grey picture of the field's size, drawn with the pointer: white strokes on black, as digit data sets have them. */
export function DrawPad({ id, field, value, onChange }: Props): JSX.Element {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [height, width] = (field.shape ?? []).filter((size) => size !== 1) as [number, number]
  const full = field.dtype.startsWith('float') ? 1 : 255
  const pixels = value.length === height * width ? value : Array.from({ length: height * width }, () => 0)

  useEffect(() => {
    const context = canvas.current?.getContext('2d')
    if (context !== null && context !== undefined) paint(context, pixels, width, full)
  })

  const draw = (event: PointerEvent<HTMLCanvasElement>): void => {
    if (event.buttons === 0) return
    const box = event.currentTarget.getBoundingClientRect()
    const x = ((event.clientX - box.left) / box.width) * width - 0.5
    const y = ((event.clientY - box.top) / box.height) * height - 0.5
    onChange(pixels.map((old, i) => Math.max(old, full === 1 ? ink(i, width, x, y) : Math.round(full * ink(i, width, x, y)))))
  }

  return (
    <div className="pad">
      <canvas
        id={id}
        ref={canvas}
        width={width * zoom}
        height={height * zoom}
        role="img"
        aria-label={`Picture of ${width} by ${height} pixels; draw with the pointer`}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId)
          draw(event)
        }}
        onPointerMove={draw}
      />
      <button type="button" onClick={() => onChange(pixels.map(() => 0))}>
        Clear
      </button>
    </div>
  )
}

/** How much a round pen of about two pixels covers pixel `i`, 0 to 1. */
function ink(i: number, width: number, x: number, y: number): number {
  const distance = Math.hypot((i % width) - x, Math.floor(i / width) - y)
  return Math.min(1, Math.max(0, 1.9 - distance))
}

function paint(context: CanvasRenderingContext2D, pixels: readonly number[], width: number, full: number): void {
  pixels.forEach((pixel, i) => {
    const level = Math.round((pixel / full) * 255)
    context.fillStyle = `rgb(${level} ${level} ${level})`
    context.fillRect((i % width) * zoom, Math.floor(i / width) * zoom, zoom, zoom)
  })
}
