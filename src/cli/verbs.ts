import type { AnyVerb } from './verb.js'

/** Every command by what is typed; loaded when used, so that starting stays fast. */
export const verbs: Readonly<Record<string, () => Promise<AnyVerb>>> = {
  serve: async () => (await import('./serve.js')).serve,
  predict: async () => (await import('./predict.js')).predict,
  'models add': async () => (await import('./models-add.js')).modelsAdd,
  'models list': async () => (await import('./models-list.js')).modelsList,
  'models show': async () => (await import('./models-show.js')).modelsShow,
  'models promote': async () => (await import('./models-promote.js')).modelsPromote,
  'models rollback': async () => (await import('./models-rollback.js')).modelsRollback,
  'models verify': async () => (await import('./models-verify.js')).modelsVerify,
  'models rm': async () => (await import('./models-rm.js')).modelsRm,
  'batch run': async () => (await import('./batch-run.js')).batchRun,
  'batch plan': async () => (await import('./batch-plan.js')).batchPlan,
  'batch list': async () => (await import('./batch-list.js')).batchList,
  'batch show': async () => (await import('./batch-show.js')).batchShow,
  'batch resume': async () => (await import('./batch-resume.js')).batchResume,
  'features load': async () => (await import('./features-load.js')).featuresLoad,
  'keys create': async () => (await import('./keys-create.js')).keysCreate,
  'keys list': async () => (await import('./keys-list.js')).keysList,
  'keys revoke': async () => (await import('./keys-revoke.js')).keysRevoke,
}
