/** Distribution of one numeric output, mergeable: counts by bin of equal ratio (`DDSketch`, Masson et al. 2019, relative accuracy 1%). */
export interface NumberProfile {
  readonly kind: 'number'
  readonly count: number
  readonly missing: number
  readonly min: number | null
  readonly max: number | null
  readonly mean: number | null
  /** Sum of squared distances from the mean (Welford), for variances. */
  readonly m2: number
  /** Bin -> count: positive values by ⌈log_γ x⌉, negative ones likewise after `-`, zeros under `0`. */
  readonly bins: Readonly<Record<string, number>>
}

/** Frequencies of one categorical output, the most frequent 1000 kept. */
export interface CategoryProfile {
  readonly kind: 'category'
  readonly count: number
  readonly missing: number
  readonly values: Readonly<Record<string, number>>
}

/** Distributions of the outputs of a run or set, by output; of tensors, by `name[i]` for the first 64 elements. */
export interface OutputProfile {
  readonly rows: number
  readonly outputs: Readonly<Record<string, NumberProfile | CategoryProfile>>
}
