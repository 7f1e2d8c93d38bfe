/** The issue of a text that holds the character NUL: engines take it for the end of the text, or fail. */
export const nulIssue = { code: 'INPUT_PATTERN', message: 'expected a text without the character NUL (U+0000)' } as const

/** True for a text that no engine takes as it is. */
export function hasNul(text: string): boolean {
  return text.includes('\0')
}
