/**
 * Remembers what `create` made for each key, for few keys: a lookup of series by several labels is a chain of these, where a joined key
 * would cost a string on the way of every request.
 */
export function memo<V>(create: (key: string) => V): (key: string) => V {
  const made = new Map<string, V>()
  return (key) => {
    const found = made.get(key)
    if (found !== undefined) return found
    const value = create(key)
    made.set(key, value)
    return value
  }
}
