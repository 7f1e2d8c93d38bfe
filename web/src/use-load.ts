import { useEffect, useState } from 'react'

export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'done'; readonly value: T }
  | { readonly state: 'failed'; readonly reason: string }

/** Loads once when the component appears. */
export function useLoad<T>(load: () => Promise<T>): Loaded<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: 'loading' })
  useEffect(() => {
    let wanted = true
    load().then(
      (value) => wanted && setLoaded({ state: 'done', value }),
      (error: unknown) => wanted && setLoaded({ state: 'failed', reason: error instanceof Error ? error.message : String(error) }),
    )
    return () => {
      wanted = false
    }
  }, [load])
  return loaded
}
