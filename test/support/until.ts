/** How long a condition may take on a machine that is busy with other things. */
export const patienceMs = 20_000

/**
 * Looks again and again until `look` gives something other than false, null and undefined, and resolves to that. Rejects when it does not
 * within `limitMs`; what `look` threw last is the cause.
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  limitMs: number = patienceMs,
): Promise<NonNullable<Exclude<T, false>>> {
  const end = performance.now() + limitMs
  let cause: unknown
  do {
    try {
      const seen = await look()
      if (seen !== false && seen !== null && seen !== undefined) return seen as NonNullable<Exclude<T, false>>
      cause = undefined
    } catch (error) {
      cause = error
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  } while (performance.now() < end)
  throw new Error(`waited ${limitMs} ms in vain: ${what}`, { cause })
}

/** Resolves to what `promise` does; rejects when that takes longer than `limitMs`. */
export async function within<T>(what: string, promise: Promise<T>, limitMs: number = patienceMs): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`took longer than ${limitMs} ms: ${what}`)), limitMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
