import { expect, test } from 'vitest'
import { z } from 'zod'
import type { Field } from './field.js'
import { category, tensor, text } from './fields.js'
import type { FrameBuilder } from './frame-builder.js'
import { createFrameBuilder } from './frame-builder.js'
import { createJsonReader } from './json-reader.js'
import { tensorsToInputFrame } from './oip.js'
import type { RowIssue } from './issue.js'

const good = 'red'
const bad = 'r\0d'
const kinds: Readonly<Record<string, { readonly field: Field; readonly shape: readonly number[] }>> = {
  'a text': { field: text(), shape: [1] },
  'a text with a schema': { field: text(z.string()), shape: [1] },
  'a category': { field: category([good], { onFail: 'fallback' }), shape: [1] },
  'a tensor of texts': { field: tensor({ dtype: 'string', shape: [2] }), shape: [2] },
  'a tensor of texts with a schema': { field: tensor({ dtype: 'string', shape: [2], schema: z.array(z.string()) }), shape: [2] },
}

/** Three rows of the field, of which the second holds a NUL, by way of JSON, of JavaScript and of a tensor. */
function issuesOf({ field, shape }: { readonly field: Field; readonly shape: readonly number[] }): Readonly<Record<string, unknown>> {
  const size = shape[0]!
  const texts = [good, bad, good].flatMap((last) => [...Array<string>(size - 1).fill(good), last])
  const values = [0, 1, 2].map((row) => (field.kind === 'tensor' ? texts.slice(row * size, (row + 1) * size) : texts[row]))
  const builder = (): FrameBuilder => createFrameBuilder({ x: field }, { unknownFields: 'reject', defaultAction: 'reject' })
  const json = builder()
  for (const x of values) json.readRow(createJsonReader(new TextEncoder().encode(JSON.stringify({ x }))))
  const rows = builder()
  for (const x of values) rows.appendRow({ x })
  const given = { name: 'x', tensor: { dtype: 'string', shape: [3, ...shape], data: Object.freeze(texts) as string[] } } as const
  const show = ({ row, code, field: name, action, message }: RowIssue): string => `${row} ${code} ${name} ${action} ${message}`
  const from = (input: { readonly issues: readonly RowIssue[] }): string[] => input.issues.map(show)
  return { json: from(json.build()), rows: from(rows.build()), oip: from(tensorsToInputFrame({ x: field }, [given])) }
}

test.each(Object.entries(kinds))('NUL in %s is an issue of its row, however it comes', (_, kind) => {
  const action = kind.field.onFail ?? 'reject'
  const issues = [`1 INPUT_PATTERN x ${action} \`x\`: expected a text without the character NUL (U+0000)`]
  expect(issuesOf(kind)).toEqual({ json: issues, rows: issues, oip: issues })
})
