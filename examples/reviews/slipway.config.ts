import { defineConfig } from 'slipway'

export default defineConfig({
  batch: {
    nightly: {
      model: 'reviews',
      from: 'reviews.jsonl',
      to: 'stored',
      key: 'id',
      maxBadFraction: 0.01,
      schedule: { cron: '30 2 * * *', timeZone: 'Europe/Berlin', overlap: 'forbid', catchUp: 'last', missedAfterMs: 3_600_000 },
    },
  },
})
