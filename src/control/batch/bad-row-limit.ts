import { SlipwayError } from '../../core/errors.js'
import type { RowCounts } from '../../core/table.js'
import type { BatchRequest } from '../../targets/batch/batch-request.js'

/** Below so many records a share says little. */
const fewest = 10_000

/** Ends a run whose rows are bad beyond what its user allows. Each check throws BAD_ROWS. */
export class BadRowLimit {
  readonly #rows: number
  readonly #fraction: number

  constructor({ maxBadRows, maxBadFraction }: Pick<BatchRequest, 'maxBadRows' | 'maxBadFraction'>) {
    this.#rows = maxBadRows ?? Infinity
    this.#fraction = maxBadFraction ?? Infinity
  }

  /** Both limits, once enough rows have been seen. */
  check(counts: RowCounts): void {
    if (counts.read >= fewest) this.checkAll(counts)
    else this.#checkRows(counts)
  }

  /** Both limits. */
  checkAll(counts: RowCounts): void {
    this.#checkRows(counts)
    const share = counts.read === 0 ? 0 : counts.bad / counts.read
    if (share <= this.#fraction) return
    throw new SlipwayError(
      'BAD_ROWS',
      `${counts.bad} of ${counts.read} rows are bad (${(share * 100).toFixed(2)}%), ${this.#fraction * 100}% are allowed`,
    )
  }

  #checkRows({ bad }: RowCounts): void {
    if (bad > this.#rows) throw new SlipwayError('BAD_ROWS', `${bad} rows are bad, ${this.#rows} are allowed`)
  }
}
