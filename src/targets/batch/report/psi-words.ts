/** How much a distribution moved, by the usual bounds of the population stability index (Siddiqi 2006). */
export type Shift = 'stable' | 'moderate' | 'large'

export function shiftOf(psi: number): Shift {
  if (psi < 0.1) return 'stable'
  return psi < 0.25 ? 'moderate' : 'large'
}

/** `PSI 0.031, stable`. */
export function psiInWords(psi: number): string {
  const shift = shiftOf(psi)
  return `PSI ${psi.toFixed(psi < 1 ? 3 : 1)}, ${shift === 'stable' ? 'stable' : `${shift} shift`}`
}
