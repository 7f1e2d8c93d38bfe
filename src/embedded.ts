/** The door `slipway/embedded`: a model of the registry inside your process. */
export { open, type OpenOptions } from './control/open-embedded.js'
export type { EmbeddedModel, PredictCallOptions } from './targets/embedded/embedded-model.js'
export type { Answer, AnswerError } from './model/answer.js'
