import type { Field, Fields } from '../core/field.js'
import type { Column, Frame } from '../core/frame.js'
import { CategoryCounter } from './output-profile-category.js'
import { countValues, gatherNumbers } from './output-profile-gather.js'
import type { Selection } from './output-profile-gather.js'
import { NumberSketch } from './output-profile-number.js'
import type { OutputProfile } from './output-profile.js'

/** Elements of a tensor that have a distribution of their own. */
const maxElements = 64

/** Collects the distributions of outputs, frame by frame. */
export interface OutputProfiler {
  /** Adds rows of a frame of outputs: those that `keep` lists, or all. Nothing of the frame is kept. */
  add(frame: Frame, keep: Uint32Array | null): void
  /** The distributions of what was added so far. */
  profile(): OutputProfile
}

/**
 * A profiler for the outputs of a signature. Numbers, integers and timestamps (epoch milliseconds) are profiled as numbers; texts, categories and
 * booleans (`true`, `false`) as categories; tensors element by element for the first 64, as `name[label]` or `name[i]`. Values of Standard
 * Schemas are left out.
 */
export function createOutputProfiler(fields: Fields): OutputProfiler {
  const outputs = Object.entries(fields).filter(([, field]) => field.kind !== 'schema')
  const sketches = new Map<string, NumberSketch | CategoryCounter>()
  let rows = 0
  let scratch = new Float64Array(0)

  function sketchOf(name: string, categorical: boolean): NumberSketch | CategoryCounter {
    const found = sketches.get(name)
    if (found !== undefined) return found
    const made = categorical ? new CategoryCounter() : new NumberSketch()
    sketches.set(name, made)
    return made
  }

  function addElement(column: Column, name: string, selection: Selection): void {
    const sketch = sketchOf(name, column.dtype === 'string' || column.dtype === 'bool')
    if (sketch instanceof CategoryCounter) return countValues(column, selection, sketch)
    const found = gatherNumbers(column, selection, scratch)
    sketch.add(scratch, found)
    sketch.addMissing(selection.rows - found)
  }

  return {
    add(frame, keep) {
      const selected = keep?.length ?? frame.length
      if (scratch.length < selected) scratch = new Float64Array(selected)
      rows += selected
      for (const [name, field] of outputs) {
        const column = frame.columns[name]
        if (column === undefined || column.dtype === 'object') continue
        const stride = column.shape.reduce((product, size) => product * size, 1)
        for (let element = 0; element < Math.min(stride, maxElements); element++) {
          addElement(column, elementName(name, field, column.shape, element), { rows: selected, keep, stride, element })
        }
      }
    },
    profile: () => ({ rows, outputs: Object.fromEntries([...sketches].map(([name, sketch]) => [name, sketch.profile()])) }),
  }
}

function elementName(name: string, field: Field, shape: readonly number[], element: number): string {
  if (field.kind !== 'tensor') return name
  return `${name}[${(shape.length === 1 ? field.labels?.[element] : undefined) ?? element}]`
}
