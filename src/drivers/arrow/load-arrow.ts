import { SlipwayError } from '../../core/errors.js'

/** The package apache-arrow, loaded. */
export type Arrow = typeof import('apache-arrow')

/** Loads apache-arrow, which only those need who stream Arrow. PACKAGE_MISSING where it is not installed. */
export async function loadArrow(): Promise<Arrow> {
  try {
    return await import('apache-arrow')
  } catch (cause) {
    throw new SlipwayError('PACKAGE_MISSING', 'Arrow streams need the package apache-arrow: npm install apache-arrow@21.2.0', { cause })
  }
}
