import { SlipwayError } from '../../core/errors.js'
import { createFrameBuilder, type FrameBuilder } from '../../core/frame-builder.js'
import { createJsonReader } from '../../core/json-reader.js'
import { stringText } from '../../core/json-writer.js'
import type { InputFrame } from '../../core/prediction.js'
import type { OutputBatch } from '../../core/table.js'
import { type Line, lineGroups } from './line-splitter.js'
import { type Member, membersOf } from './members.js'
import { refuseTwins } from './output-layout.js'
import type { ScoreBatch, ScorePipe, ScorePlan } from './score-pipe.js'
import { cellTexts } from './value-text.js'

/** JSON lines in, JSON lines out, in order. Blank lines are passed over; a line that is no JSON stays a row, without a prediction. */
export function createJsonlPipe(
  source: AsyncIterable<Uint8Array>,
  write: (bytes: Uint8Array) => Promise<void>,
  batchRows: number,
): ScorePipe {
  let plan: ScorePlan | null = null
  return {
    columns: null,
    start: (wanted) => {
      plan = wanted
      return Promise.resolve()
    },
    async *batches() {
      for await (const lines of lineGroups(source, batchRows)) yield new LineBatch(lines, plan!, write)
    },
    end: () => Promise.resolve(),
  }
}

class LineBatch implements ScoreBatch {
  readonly length: number
  readonly broken = new Map<number, string>()
  readonly #lines: readonly Line[]
  readonly #plan: ScorePlan
  readonly #write: (bytes: Uint8Array) => Promise<void>
  /** By row: what is passed on. */
  readonly #passed: (readonly Member[])[] = []

  constructor(lines: readonly Line[], plan: ScorePlan, write: (bytes: Uint8Array) => Promise<void>) {
    this.length = lines.length
    this.#lines = lines
    this.#plan = plan
    this.#write = write
  }

  place(row: number): string {
    return `line ${this.#lines[row]!.number}`
  }

  frame(start: number, count: number): InputFrame {
    const { fields, policy, pass } = this.#plan
    // What is passed on is no field that the signature lacks: which fields are, is then looked at here.
    const builder = createFrameBuilder(fields, pass.length === 0 ? policy : { ...policy, unknownFields: 'ignore' })
    for (let row = 0; row < count; row++) this.#read(builder, row, start + row)
    const { frame, issues } = builder.build()
    // A line that is no row has no answer, not even of a fallback.
    return { frame, issues: issues.map((issue) => (this.broken.has(start + issue.row) ? { ...issue, action: 'reject' } : issue)) }
  }

  #read(builder: FrameBuilder, row: number, at: number): void {
    const { bytes } = this.#lines[at]!
    this.#passed[at] = []
    try {
      if (this.#plan.pass.length > 0) this.#passed[at] = this.#pass(builder, membersOf(bytes), row)
      const reader = createJsonReader(bytes)
      builder.readRow(reader)
      reader.end()
    } catch (error) {
      if (!(error instanceof SlipwayError) || error.code === 'CONFIG_INVALID') throw error
      builder.truncate(row)
      builder.appendRow(null)
      this.broken.set(at, error.message)
    }
  }

  /** Members to pass on; the first that is neither one of them nor an input is an issue, where the model wants that. */
  #pass(builder: FrameBuilder, members: readonly Member[] | null, row: number): readonly Member[] {
    const { pass, output, fields, policy } = this.#plan
    if (members === null) return []
    if (pass === '*') {
      refuseTwins(
        members.map(({ name }) => name),
        output,
      )
      return members
    }
    const unknown = members.find(({ name }) => !pass.includes(name) && !Object.hasOwn(fields, name))
    if (unknown !== undefined && policy.unknownFields === 'reject') {
      const message = `the signature has no field ${stringText(unknown.name.slice(0, 64))}`
      builder.addIssue({ row, code: 'INPUT_UNKNOWN', field: null, message, action: policy.defaultAction })
    }
    return members
  }

  async answer({ length, rowNumbers, columns }: OutputBatch): Promise<void> {
    const { pass, output } = this.#plan
    const cells = output.map((column, i) => ({ key: stringText(column.name), text: cellTexts(columns[i]!) }))
    let lines = ''
    for (let i = 0; i < length; i++) {
      const passed = this.#passed[rowNumbers[i]!]!
      const before = pass === '*' ? passed : pass.map((name) => passed.find((member) => member.name === name) ?? { name, text: 'null' })
      const members = [
        ...before.map(({ name, text }) => `${stringText(name)}:${text}`),
        ...cells.map(({ key, text }) => `${key}:${text(i)}`),
      ]
      lines += `{${members.join(',')}}\n`
    }
    if (lines !== '') await this.#write(Buffer.from(lines))
  }
}
