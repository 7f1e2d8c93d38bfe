declare module 'pg-copy-streams' {
  import type { Writable, WritableOptions } from 'node:stream'
  import type { Submittable } from 'pg'

  const streams: {
    from(sql: string, options?: WritableOptions): Writable & Submittable & { readonly rowCount: number }
  }
  export default streams
}
