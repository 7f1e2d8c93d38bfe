/** The module that model worker processes start with. */
export const workerEntry: URL = new URL('../drivers/worker-process/worker-main.js', import.meta.url)
