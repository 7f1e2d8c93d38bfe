import type { PartitionRecord } from './table.js'

/** A part as it was written. */
export interface PartData {
  readonly bytes: number
  /** `sha256:<hex>` of its bytes. */
  readonly checksum: string
}

/**
 * The files of an output that is not whole yet: one part and one record for each committed partition, data first and record last. What is
 * published is built beside the destination and gets its name in one step. Every method that fails for want of space or permission rejects
 * with SINK_FAILED and leaves nothing half-written that can be seen.
 */
export interface PartStore {
  /** Makes the folders; again for the next attempt of the same run. */
  prepare(): Promise<void>
  /** The records whose part is there as recorded, by index. Removes every other part, record and temporary file: no writer may be at work. */
  committed(): Promise<readonly PartitionRecord[]>
  /** A new path for the part of a partition to be written to, on the file system of the parts. */
  temporary(index: number): string
  /** Flushes the file at `temporary` to disk and measures it; `record` makes the record of that; then both get their names. */
  commit(index: number, temporary: string, record: (data: PartData) => Promise<PartitionRecord>): Promise<PartitionRecord>
  /** Removes what is at `temporary`; never rejects. */
  abort(temporary: string): Promise<void>
  /** Where the part of a committed partition is. */
  partPath(index: number): string
  /**
   * Makes the destination a folder of the parts, with `_manifest.json` in it, in one step. The parts stay; called again after a kill it
   * finishes the same.
   */
  publishFolder(records: readonly PartitionRecord[]): Promise<PublishedOutput>
  /** Makes the destination the file that `build` writes to the path it is given. The parts stay. */
  publishFile(build: (path: string) => Promise<void>): Promise<PublishedOutput>
  /** Removes all that is not published; never what is. */
  discard(): Promise<void>
}

export interface PublishedOutput {
  readonly bytes: number
}

/** Where the parts of a run lie, and what becomes of them. */
export interface PartStoreOptions {
  /** Folder for what is not whole yet, of this run alone; on the file system of the destination. */
  readonly staging: string
  /** Path of the file or folder to be made. */
  readonly destination: string
  /** Id of the run. */
  readonly run: string
  /** Of the parts, without a dot: `csv`. */
  readonly extension: string
  /** Whether what is at the destination may be replaced; OUTPUT_EXISTS otherwise, unless this very run made it. */
  readonly existing: 'refuse' | 'replace'
}
