/** One field as `GET /models` describes it. */
export interface FieldInfo {
  readonly kind: 'number' | 'integer' | 'category' | 'text' | 'boolean' | 'tensor' | 'timestamp' | 'schema'
  readonly dtype: string
  readonly optional: boolean
  readonly shape?: readonly (number | null)[]
  readonly min?: number | string
  readonly max?: number | string
  readonly minLength?: number
  readonly maxLength?: number
  readonly categories?: readonly string[]
  readonly labels?: readonly string[]
  readonly unit?: string
  readonly description?: string
}

export interface ModelInfo {
  readonly name: string
  readonly version: string
  readonly digest: string
  readonly aliases: readonly string[]
  readonly description: string | null
  readonly engine: string
  readonly isolation: string
  readonly input: Readonly<Record<string, FieldInfo>>
  readonly output: Readonly<Record<string, FieldInfo>>
  /** A row that the model answers. */
  readonly example: Readonly<Record<string, unknown>> | null
}

export interface Answer {
  readonly id: string
  readonly output: Readonly<Record<string, unknown>> | null
  readonly source: string
  readonly codes: readonly string[]
  readonly error?: { readonly code: string; readonly message: string; readonly field?: string | null }
}

export interface Timed {
  readonly answer: Answer
  readonly milliseconds: number
}

/** The models that this server answers for. */
export async function fetchModels(): Promise<readonly ModelInfo[]> {
  const response = await fetch('models')
  if (!response.ok) throw new Error(`the server answered ${response.status}`)
  return ((await response.json()) as { readonly models: readonly ModelInfo[] }).models
}

/** The OpenAPI document of this server. */
export async function fetchOpenApi(): Promise<OpenApi> {
  const response = await fetch('openapi.json')
  if (!response.ok) throw new Error(`the server answered ${response.status}`)
  return (await response.json()) as OpenApi
}

/** Sends one row and times the round trip. Refused rows come back as answers with an error. */
export async function predict(model: string, row: object): Promise<Timed> {
  const started = performance.now()
  const response = await fetch(`models/${encodeURIComponent(model)}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(row),
  })
  const body = (await response.json()) as Partial<Answer>
  const milliseconds = performance.now() - started
  return { milliseconds, answer: { id: '', output: null, source: 'none', codes: [], ...body } }
}

export interface OpenApiOperation {
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly requestBody?: { readonly content?: Readonly<Record<string, OpenApiContent>> }
  readonly responses?: Readonly<
    Record<string, { readonly description?: string; readonly content?: Readonly<Record<string, OpenApiContent>> }>
  >
}
export interface OpenApiContent {
  readonly schema?: unknown
  readonly example?: unknown
}
export interface OpenApi {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>
  readonly components?: unknown
}
