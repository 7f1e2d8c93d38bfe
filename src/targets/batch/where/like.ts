/** Whether texts match an SQL pattern as a whole: `%` is any text, `_` any one character, `\` takes the next one as it is. Case counts. */
export function likeMatcher(pattern: string): (text: string) => boolean {
  const parts = partsOf(pattern)
  return (text) => matches(surrogates.test(text) ? Array.from(text) : text, parts)
}

/** Halves of characters that take two UTF-16 code units. */
const surrogates = /[\uD800-\uDFFF]/

/** One character of a pattern: a literal one, any one, or any text. */
type Part = { readonly character: string } | 'one' | 'many'

function partsOf(pattern: string): Part[] {
  const parts: Part[] = []
  const characters = Array.from(pattern)
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!
    if (character === '\\' && i + 1 < characters.length) parts.push({ character: characters[++i]! })
    else if (character === '_') parts.push('one')
    else if (character !== '%') parts.push({ character })
    else if (parts.at(-1) !== 'many') parts.push('many')
  }
  return parts
}

/** Only the last `%` is ever tried again, so that no pattern takes more than text times pattern. */
function matches(text: ArrayLike<string>, parts: readonly Part[]): boolean {
  let at = 0
  let part = 0
  let many = -1
  let resume = 0
  while (at < text.length) {
    const wanted = parts[part]
    if (wanted === 'many') {
      many = part++
      resume = at
    } else if (wanted !== undefined && (wanted === 'one' || wanted.character === text[at])) {
      at++
      part++
    } else if (many >= 0) {
      part = many + 1
      at = ++resume
    } else return false
  }
  while (parts[part] === 'many') part++
  return part === parts.length
}
