import { SlipwayError } from '../core/errors.js'
import type { Golden } from '../model/golden.js'
import { checkGolden as findDifferences, recordGolden as recordAll } from '../model/golden.js'
import { decodeValue } from '../model/json-values.js'
import type { Predictor } from '../model/predictor.js'

/** A worker may be lost to something else meanwhile; a model that is another one differs every time. */
const attempts = 3

/**
 * Runs the rows and keeps what the model answers; plain JSON, the golden examples of a version. Rows that the model itself did not answer are
 * left out: that a fallback did may only say how busy the machine was.
 */
export async function recordGolden(predictor: Predictor, rows: readonly object[]): Promise<Golden> {
  const all = await recordAll(predictor, rows)
  const kept = <T>(values: readonly T[]): T[] => values.filter((_, row) => all.sources[row] === 'model')
  return { rows: kept(all.rows), outputs: kept(all.outputs), sources: kept(all.sources) }
}

/** Runs the recorded rows again; throws GOLDEN_MISMATCH when an answer differs. Null stands for a version without golden examples. */
export async function checkGolden(predictor: Predictor, recorded: unknown): Promise<void> {
  const golden = readGolden(recorded)
  if (golden.rows.length === 0) return
  let message = ''
  for (let attempt = 0; attempt < attempts; attempt++) {
    const [finding] = await findDifferences(predictor, golden)
    if (finding === undefined) return
    message = finding.message
    if (finding.field !== null) break
  }
  throw new SlipwayError('GOLDEN_MISMATCH', `the version does not repeat its golden examples: ${message}`)
}

/** The recorded rows as the predictor takes them. */
export function goldenRows(recorded: unknown): readonly object[] {
  return readGolden(recorded).rows.map((row) => decodeValue(row) as object)
}

function readGolden(recorded: unknown): Golden {
  if (recorded === null || recorded === undefined) return { rows: [], outputs: [], sources: [] }
  const { rows, outputs, sources } = recorded as Partial<Golden>
  const lists = [rows, outputs, sources]
  if (lists.every((list) => Array.isArray(list) && list.length === rows?.length)) return recorded as Golden
  throw new SlipwayError('GOLDEN_MISMATCH', 'the golden examples of the version are not lists of rows, outputs and sources, equally long')
}
