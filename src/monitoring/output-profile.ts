/**
 * Distribution of one numeric output, mergeable: counts by bin (`DDSketch`, Masson et al. 2019, with its linearly interpolated mapping: 64 bins
 * for each power of two, relative accuracy 1/128). What is absent or not finite is `missing`, and in nothing else.
 */
export interface NumberProfile {
  readonly kind: 'number'
  /** Values, without those missing. */
  readonly count: number
  readonly missing: number
  readonly min: number | null
  readonly max: number | null
  readonly mean: number | null
  /** Sum of squared distances from the mean (Welford), for variances. */
  readonly m2: number
  /** Bin -> count: positive values by `p<bin>`, negative ones by `n<bin>` of their magnitude, zeros under `0`; see output-profile-bins.ts. */
  readonly bins: Readonly<Record<string, number>>
}

/** Frequencies of one categorical output, the most frequent 1000 kept. Long texts are told apart by their first 120 characters. */
export interface CategoryProfile {
  readonly kind: 'category'
  /** Values, without those missing. */
  readonly count: number
  readonly missing: number
  readonly values: Readonly<Record<string, number>>
  /** Values that are none of those kept; 0 when left out. */
  readonly other?: number
}

/** Distributions of the outputs of a run or set, by output; of tensors, by `name[i]` or `name[label]` for the first 64 elements. */
export interface OutputProfile {
  readonly rows: number
  readonly outputs: Readonly<Record<string, NumberProfile | CategoryProfile>>
}
