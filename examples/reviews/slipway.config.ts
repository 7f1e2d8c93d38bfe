import { defineConfig } from 'slipway'

export default defineConfig({
  batch: {
    nightly: {
      model: 'reviews',
      from: 'reviews.jsonl',
      to: 'stored',
      key: 'id',
      maxBadFraction: 0.01,
      schedule: {
        cron: '30 2 * * *',
        timeZone: 'Europe/Berlin',
        // In the past: a server that starts for the first time runs last night's at once.
        startAt: '2026-01-01T00:00:00Z',
        overlap: 'forbid',
        catchUp: 'last',
        missedAfterMs: 3_600_000,
      },
    },
  },
})
