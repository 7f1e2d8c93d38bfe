import { SlipwayError } from '../../core/errors.js'

/** The `code` of a Node system error (`ENOENT`), or undefined for anything else that was thrown. */
export function systemCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
}

/** Runs `work`; a system error of one of `codes` becomes `otherwise`, any other error is thrown on. */
export async function tolerating<T>(codes: readonly string[], otherwise: T, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (codes.includes(systemCode(thrown) ?? '')) return otherwise
    throw thrown
  }
}

/** Runs `work` on the thing that `subject` names; system errors become REGISTRY_UNAVAILABLE, without the path. */
export async function available<T>(subject: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw unavailable(subject, thrown)
  }
}

/** `thrown` as REGISTRY_UNAVAILABLE about `subject` when it is a system error, as it is otherwise. */
export function unavailable(subject: string, thrown: unknown): unknown {
  const code = systemCode(thrown)
  if (code === undefined || thrown instanceof SlipwayError) return thrown
  return new SlipwayError('REGISTRY_UNAVAILABLE', `the folder of the registry refused ${subject}: ${code}`, { cause: thrown })
}
