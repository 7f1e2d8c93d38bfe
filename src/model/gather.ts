import type { Fields } from '../core/field.js'
import type { FrameBuilder } from '../core/frame-builder.js'
import { createFrameBuilder } from '../core/frame-builder.js'
import type { Column, Frame } from '../core/frame.js'
import { columnsOf } from '../core/frame-ops.js'
import type { GuardAction, RowIssue } from '../core/issue.js'
import type { FeatureStore } from '../core/ports.js'
import { describeField } from '../guardrails/describe-field.js'
import type { IssueLog } from '../guardrails/issue-log.js'
import { showValue } from '../guardrails/show-value.js'
import type { ModelDefinition } from './definition.js'
import { fillColumn } from './fill-column.js'
import type { WaitLimits } from './within.js'
import { within } from './within.js'

export interface GatherParts {
  readonly definition: ModelDefinition
  readonly features: FeatureStore | null
  /** What happens to rows whose required features could not be looked up, where their field does not say. */
  readonly onFailure: GuardAction
  /** Told of a lookup that failed; the rows are noted all the same. */
  readonly onError: (table: string, error: unknown) => void
}

/** Looks up the features that rows lack. Resolves with the frame, its columns copied where they were filled. */
export type Gatherer = (frame: Frame, log: IssueLog, limits: WaitLimits) => Promise<Frame>

/** The gather step of a definition; null when it has none. One lookup a table for all rows that lack one of its features. */
export function createGatherer(parts: GatherParts): Gatherer | null {
  const tables = Object.entries(parts.definition.gather).map(([table, { key, features }]) => new TableGatherer(parts, table, key, features))
  if (tables.length === 0) return null
  return async (frame, log, limits) => {
    const filled = await Promise.all(tables.map((table) => table.fill(frame, log, limits)))
    const columns = filled.flat()
    if (columns.length === 0) return frame
    return { length: frame.length, columns: columnsOf([...Object.entries(frame.columns), ...columns]) }
  }
}

/** Rows that lack features of a table, by their key. */
type RowsByKey = Map<string, number[]>

class TableGatherer {
  readonly #parts: GatherParts
  readonly #table: string
  readonly #key: string
  readonly #names: readonly string[]
  readonly #fields: Fields
  readonly #builder: FrameBuilder

  constructor(parts: GatherParts, table: string, key: string, names: readonly string[]) {
    this.#parts = parts
    this.#table = table
    this.#key = key
    this.#names = names
    this.#fields = Object.fromEntries(names.map((name) => [name, parts.definition.input[name]!]))
    const defaultAction = parts.definition.guard.onFail ?? 'reject'
    this.#builder = createFrameBuilder(this.#fields, { unknownFields: 'ignore', defaultAction, gatherable: new Set(names) })
  }

  /** The columns that were filled, by name. */
  async fill(frame: Frame, log: IssueLog, limits: WaitLimits): Promise<readonly (readonly [string, Column])[]> {
    if (this.#names.every((name) => frame.columns[name]!.validity === null)) return []
    const rows = this.#rowsByKey(frame, log)
    if (rows.size === 0) return []
    const found = await this.#lookUp([...rows.keys()], limits)
    if (typeof found === 'string') {
      for (const row of [...rows.values()].flat()) this.#noteFailure(frame, log, row, found)
      return []
    }
    return this.#take(frame, log, rows, found)
  }

  #rowsByKey(frame: Frame, log: IssueLog): RowsByKey {
    const rows: RowsByKey = new Map()
    const key = frame.columns[this.#key]!
    for (let row = 0; row < frame.length; row++) {
      if (log.verdict(row) === 'reject' || !this.#names.some((name) => lacks(frame, log, row, name))) continue
      if (key.validity?.[row] === 0) {
        this.#noteAbsent(frame, log, row, { code: 'INPUT_MISSING', why: `nothing, and no \`${this.#key}\` to look it up by` })
        continue
      }
      const text = String(key.data[row])
      const others = rows.get(text)
      if (others === undefined) rows.set(text, [row])
      else others.push(row)
    }
    return rows
  }

  /** One entry a key, or why there is none. */
  async #lookUp(keys: readonly string[], limits: WaitLimits): Promise<Awaited<ReturnType<FeatureStore['get']>> | string> {
    const { features, onError } = this.#parts
    if (features === null) return `there is no feature store for \`${this.#table}\``
    try {
      const waited = await within(limits, (signal) => features.get(this.#table, keys, this.#names, signal === undefined ? {} : { signal }))
      if (waited.kind !== 'done') return `the feature store did not answer in time for \`${this.#table}\``
      if (waited.value.length === keys.length) return waited.value
      onError(this.#table, new Error(`${waited.value.length} entries for ${keys.length} keys`))
    } catch (error) {
      onError(this.#table, error)
    }
    return `the feature store failed for \`${this.#table}\``
  }

  #take(
    frame: Frame,
    log: IssueLog,
    rows: RowsByKey,
    found: Awaited<ReturnType<FeatureStore['get']>>,
  ): readonly (readonly [string, Column])[] {
    this.#builder.reset()
    for (const entry of found) this.#builder.appendRow(entry ?? {})
    const { frame: features, issues } = this.#builder.build()
    const targets = [...rows.values()]
    for (const issue of issues) this.#noteStored(frame, log, targets[issue.row]!, issue)
    const columns = this.#names.map((name) => {
      const field = this.#fields[name]!
      const filled = fillColumn(field, frame.columns[name]!, features.columns[name]!, targets)
      for (const row of filled.refused) {
        const message = `the stored \`${name}\` has another shape than that of the other rows`
        log.add({ row, code: 'INPUT_SHAPE', field: name, message, action: field.onFail ?? this.#parts.definition.guard.onFail ?? 'reject' })
      }
      return [name, filled.column] as const
    })
    const after: Frame = { length: frame.length, columns: columnsOf([...Object.entries(frame.columns), ...columns]) }
    for (const [key, lacking] of rows) {
      const why = `nothing from \`${this.#table}\` for the key ${showValue(key)}`
      for (const row of lacking) this.#noteAbsent(after, log, row, { code: 'GATHER_MISSING', why })
    }
    return columns
  }

  /** A stored value that is not one of its field: a finding of every row that was to have it. */
  #noteStored(frame: Frame, log: IssueLog, rows: readonly number[], issue: RowIssue): void {
    for (const row of rows) {
      if (issue.field === null || lacks(frame, log, row, issue.field)) log.add({ ...issue, row })
    }
  }

  #noteAbsent(
    frame: Frame,
    log: IssueLog,
    row: number,
    { code, why }: { readonly code: 'INPUT_MISSING' | 'GATHER_MISSING'; readonly why: string },
  ): void {
    for (const name of this.#names) {
      const field = this.#fields[name]!
      if (field.optional || !lacks(frame, log, row, name)) continue
      const action = field.onFail ?? this.#parts.definition.guard.onFail ?? 'reject'
      log.add({ row, code, field: name, message: `expected ${describeField(field)} for input \`${name}\`, received ${why}`, action })
    }
  }

  /** One finding a row, on the table: worth no more than a warning where the row can do without. */
  #noteFailure(frame: Frame, log: IssueLog, row: number, message: string): void {
    const needed = this.#names.find((name) => !this.#fields[name]!.optional && lacks(frame, log, row, name))
    const action = needed === undefined ? 'warn' : (this.#fields[needed]!.onFail ?? this.#parts.onFailure)
    log.add({ row, code: 'GATHER_FAILED', field: this.#table, message, action })
  }
}

function lacks(frame: Frame, log: IssueLog, row: number, name: string): boolean {
  return frame.columns[name]!.validity?.[row] === 0 && !log.knows(row, name)
}
