import type { Logger } from '../core/ports.js'

/** Logs nothing: for work whose outcome is all that there is to say. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
