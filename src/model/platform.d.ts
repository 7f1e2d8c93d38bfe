// Web-standard globals that this room uses beyond those of src/core/platform.d.ts.

declare class AbortController {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
}
