import { SlipwayError } from '../core/errors.js'

/** Refuses a definition: `place` is where in it the fault stands, for example `` input `amount` ``. */
export function refuseDefinition(place: string, fault: string): never {
  throw new SlipwayError('DEFINITION_INVALID', `${place}: ${fault}`)
}
