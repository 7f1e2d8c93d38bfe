/**
 * The port under the model registry: where bytes and small records are kept. It asks for no more than an object store with
 * conditional writes has (S3: PUT, PUT with If-None-Match, GET, HEAD, LIST with a delimiter, DELETE), so that a folder and a
 * bucket keep the same promises. All rules about models, versions and aliases are above it, in `registry/`.
 */
export interface RegistryStore {
  /** Where it is, for messages to the operator: a path or a bucket URL. */
  readonly location: string
  readonly blobs: BlobStore
  readonly records: RecordStore
  /** Removes what interrupted writes left behind and nobody has touched for `olderThanMs`; returns how many. */
  sweep?(olderThanMs: number): Promise<number>
  /** Calls back soon after any process wrote a record, and now and then for nothing: a hint that saves waiting, not a promise. Returns how to stop. */
  watch?(onChange: () => void): () => void
  /** Releases what the store holds. Calls after it are refused or fail. */
  close(): Promise<void>
}

/** Content address and size of stored bytes. */
export interface BlobRef {
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string
  readonly sizeBytes: number
}

/** A blob as a store lists it. */
export interface BlobInfo extends BlobRef {
  /** When it was last stored, in milliseconds since 1970. */
  readonly modifiedMs: number
}

/** Immutable bytes under the SHA-256 of their content. */
export interface BlobStore {
  /**
   * Stores `bytes`, all or nothing. Storing what is there already makes it new again: its time moves, and damage is repaired.
   * INTEGRITY when the bytes are not those of `ref`; whatever `bytes` throws is thrown on, and nothing is stored.
   */
  put(ref: BlobRef, bytes: AsyncIterable<Uint8Array>): Promise<void>
  /** The bytes as they are stored: the reader checks them. Throws INTEGRITY on the first pull when there is no such blob. */
  read(digest: string): AsyncIterable<Uint8Array>
  /** Size and time, or undefined when there is no such blob. */
  stat(digest: string): Promise<BlobInfo | undefined>
  /** Every blob, in any order. */
  list(): AsyncIterable<BlobInfo>
  /** Deletes a listed blob unless it was stored again since; false when it was, or is gone. */
  delete(blob: BlobInfo): Promise<boolean>
}

/** One line of a listing: a record, or a group of records that share the next part of their key. */
export type RecordInfo =
  | { readonly kind: 'record'; readonly key: string; readonly modifiedMs: number }
  | { readonly kind: 'group'; readonly key: string }

/** Small documents under readable keys. A reader sees a whole record, the old or the new, and sees a write as soon as it has returned. */
export interface RecordStore {
  /** The whole record, or undefined. REGISTRY_FORMAT when something that is not a record stands in its place. */
  get(key: string): Promise<Uint8Array | undefined>
  /** Whether something stands under the key. */
  has(key: string): Promise<boolean>
  /** Creates the record; false when the key is taken. Of any number of concurrent calls for one key, in any processes, exactly one is true. */
  create(key: string, bytes: Uint8Array): Promise<boolean>
  /** Creates or replaces the record. */
  put(key: string, bytes: Uint8Array): Promise<void>
  /** Deletes the record; nothing happens when there is none. */
  delete(key: string): Promise<void>
  /** What lies directly below `prefix` (empty, or ending with `/`), sorted by key. The key of a group ends with `/`. */
  list(prefix: string): AsyncIterable<RecordInfo>
}

const digestPattern = /^sha256:[0-9a-f]{64}$/u
const segmentPattern = /^[a-z0-9][a-z0-9._-]{0,199}$/u
const reserved = new Set(['blobs', 'tmp'])

/** True for `sha256:` and 64 lower-case hexadecimal digits. */
export function isDigest(value: string): boolean {
  return digestPattern.test(value)
}

/** True for a key that every store takes: parts of lower-case letters, digits and `._-`, joined by `/`, 900 characters at most. */
export function isRecordKey(key: string): boolean {
  const parts = key.split('/')
  return key.length <= 900 && parts.every((part) => segmentPattern.test(part)) && !reserved.has(parts[0] ?? '')
}

/** True for one part of a key, as a listing may show it. */
export function isRecordKeyPart(part: string): boolean {
  return segmentPattern.test(part)
}
