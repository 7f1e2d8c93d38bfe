/** What a key may do. `admin` holds the other four. */
export type Scope = 'predict' | 'read' | 'feedback' | 'deploy' | 'admin'

/** Every scope, from the least to the most powerful. */
export const scopes: readonly Scope[] = ['predict', 'read', 'feedback', 'deploy', 'admin']

/** Scopes and the models that they hold for: every scope on every model whose name matches one of the globs. */
export interface Grant {
  readonly scopes: readonly Scope[]
  /** `*` stands for any run of characters, `?` for one. */
  readonly models: readonly string[]
}

/** True for a text that names a scope. */
export function isScope(value: unknown): value is Scope {
  return scopes.includes(value as Scope)
}

/**
 * True when the grant covers the call. A call about the server as a whole (`model` is null) needs the glob `*`, except reading:
 * metadata and the index are for every reader.
 */
export function permits(grant: Grant, scope: Scope, model: string | null): boolean {
  if (!grant.scopes.includes(scope) && !grant.scopes.includes('admin')) return false
  if (model === null) return scope === 'read' || grant.models.includes('*')
  return grant.models.some((glob) => matchesGlob(glob, model))
}

/** Glob match in time linear in the lengths' product; a pattern can not make it explode as a regular expression could. */
export function matchesGlob(glob: string, text: string): boolean {
  let g = 0
  let t = 0
  let star = -1
  let resume = 0
  while (t < text.length) {
    if (glob[g] === '*') {
      star = g++
      resume = t
    } else if (g < glob.length && (glob[g] === '?' || glob[g] === text[t])) {
      g++
      t++
    } else if (star >= 0) {
      g = star + 1
      t = ++resume
    } else return false
  }
  while (glob[g] === '*') g++
  return g === glob.length
}
