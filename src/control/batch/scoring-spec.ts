import type { NewSet } from '../../core/stored-sets.js'
import type { FileFormat, InputFile, OutputColumn, TableType } from '../../core/table.js'
import type { StoredPolicy } from '../../model/definition.js'
import type { OutputLayout } from '../../targets/batch/output-layout.js'

/** Where rows go, as data that a worker process can be told. */
export type SinkSpec =
  | { readonly kind: 'file'; readonly path: string; readonly format: FileFormat; readonly existing: 'refuse' | 'replace' }
  | { readonly kind: 'stdout'; readonly format: 'csv' | 'jsonl' }
  | { readonly kind: 'sqlite'; readonly path: string; readonly table: string; readonly overwrite: boolean }
  | { readonly kind: 'postgres'; readonly url: string; readonly table: string; readonly overwrite: boolean }
  | { readonly kind: 'stored'; readonly store: string; readonly set: NewSet; readonly policy: StoredPolicy | null }

/** What the sink needs to know of the run. */
export interface SinkContext {
  readonly run: string
  readonly columns: readonly OutputColumn[]
  /** Columns that are outputs of the model. */
  readonly outputs: readonly string[]
  readonly staging: string
  /** MiB that an engine of the sink may take. */
  readonly memoryMb: number
}

/** Everything that a worker needs to score partitions of a run. */
export interface ScoringSpec {
  readonly state: string
  readonly model: { readonly name: string; readonly version: string }
  readonly files: readonly InputFile[]
  readonly columnOf: Readonly<Record<string, string>>
  readonly carry: readonly string[]
  readonly types: Readonly<Record<string, TableType>>
  readonly chunkRows: number
  readonly where: string | null
  readonly layout: OutputLayout
  readonly sink: SinkSpec
  readonly context: SinkContext
  /** Folder of the quarantine files. */
  readonly quarantine: string
}
