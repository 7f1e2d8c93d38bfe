/** The part of the Fetch standard's request that the client uses. */
export interface FetchInit {
  readonly method: 'GET' | 'POST'
  readonly headers: Record<string, string>
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly signal: AbortSignal
}

/** The part of the Fetch standard's response that the client uses. */
export interface FetchResponse {
  readonly ok: boolean
  readonly status: number
  readonly headers: { get(name: string): string | null }
  arrayBuffer(): Promise<ArrayBuffer>
}

/** `fetch` of a browser, Node, Deno, Bun or worker, or anything that behaves like it. */
export type FetchLike = (url: string, init: FetchInit) => Promise<FetchResponse>
