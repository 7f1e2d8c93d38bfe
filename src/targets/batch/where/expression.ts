/** A value as it is written in a filter. */
export type LiteralValue = string | number | bigint | boolean | null

export type Operand = { readonly kind: 'column'; readonly name: string } | { readonly kind: 'literal'; readonly value: LiteralValue }

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>='

/** A condition as a tree. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Expression[] }
  | { readonly kind: 'not'; readonly term: Expression }
  | { readonly kind: 'compare'; readonly comparison: Comparison; readonly left: Operand; readonly right: Operand }
  | { readonly kind: 'in'; readonly operand: Operand; readonly values: readonly LiteralValue[] }
  | { readonly kind: 'like'; readonly operand: Operand; readonly pattern: string }
  | { readonly kind: 'null'; readonly operand: Operand }
