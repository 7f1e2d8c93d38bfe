import { defineConfig } from 'slipway'

export default defineConfig({
  batch: {
    monthly: {
      model: 'forecast',
      from: 'cohorts/{year}-{month}.csv',
      to: 'sqlite:forecasts.sqlite',
      table: 'forecast_{year}_{month}',
      key: 'cohort',
      pass: ['channel', 'country', 'customers', 'paidDay7'],
      types: { customers: 'integer', paidDay7: 'number' },
      maxBadFraction: 0.05,
      schedule: { cron: '0 6 3 * *', timeZone: 'Europe/Berlin', catchUp: 'last', missedAfterMs: 7_200_000 },
    },
  },
})
