import { SlipwayError } from '../../core/errors.js'
import type { Flip, StoredSet, StoredSetHead } from '../../core/stored-sets.js'

/** A set, and the number that names its table. */
export interface NumberedSet {
  readonly number: number
  readonly set: StoredSet
}

/** A row of the table of sets. */
export function readSet(row: Record<string, unknown>): NumberedSet {
  return {
    number: row['number'] as number,
    set: {
      ...headOf(row),
      state: row['state'] as StoredSet['state'],
      rows: Number(row['row_count']),
      fallbackRows: Number(row['fallback_rows']),
      checksum: row['checksum'] as string,
      details: JSON.parse(row['details'] as string) as StoredSet['details'],
    },
  }
}

/** What every answer tells of a set. */
export function headOf(row: Record<string, unknown>): StoredSetHead {
  return {
    id: row['id'] as string,
    model: row['model'] as string,
    version: row['version'] as string,
    digest: row['digest'] as string,
    producedAt: row['produced_at'] as number,
  }
}

/** A row of the table of flips. */
export function readFlip(row: Record<string, unknown>): Flip {
  return {
    model: row['model'] as string,
    set: row['set_id'] as string | null,
    previous: row['previous'] as string | null,
    at: row['at'] as number,
    kind: row['kind'] as Flip['kind'],
    by: row['by'] as string,
    reason: row['reason'] as string,
  }
}

export function setUnknown(id: string): SlipwayError {
  return new SlipwayError('SET_UNKNOWN', `there is no set \`${id}\``)
}
