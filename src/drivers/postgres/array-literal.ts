/**
 * An array as Postgres writes it (PostgreSQL manual, 8.15.6) as a JSON array: `{1,NULL,"a \"b\""}`, `{{1},{2}}`, `[2:3]={1,2}`. `write` makes JSON of
 * the text of an element.
 */
export function readArray(text: string, write: (element: string) => string): string {
  let at = text.indexOf('{')
  let json = ''

  function quoted(): string {
    let element = ''
    for (at++; text[at] !== '"'; at++) {
      if (text[at] === '\\') at++
      element += text[at]!
    }
    at++
    return write(element)
  }

  function bare(): string {
    const start = at
    while (text[at] !== ',' && text[at] !== '}') at++
    const element = text.slice(start, at)
    return element === 'NULL' ? 'null' : write(element)
  }

  for (; at < text.length;) {
    const char = text[at]!
    if (char === '{' || char === '}' || char === ',') {
      json += char === '{' ? '[' : char === '}' ? ']' : ','
      at++
    } else json += char === '"' ? quoted() : bare()
  }
  return json
}
