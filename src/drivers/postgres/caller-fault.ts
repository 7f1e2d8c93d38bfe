/** An error of the caller's own function inside a transaction: it is handed back as it is. */
export class CallerFault extends Error {}

/** Marks what the caller's function rejects with. */
export async function callersOwn<T>(result: Promise<T>): Promise<T> {
  try {
    return await result
  } catch (cause) {
    throw new CallerFault('the record could not be made', { cause })
  }
}
