/** The door `slipway/server`: the whole server as a function. */
export { serve, type RunningServer, type ServeOptions } from './control/serve.js'
export { openStateDir, type StateDir } from './control/state-dir.js'
export { createLogger } from './control/create-logger.js'
