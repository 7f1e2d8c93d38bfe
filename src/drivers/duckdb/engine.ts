import type { DuckDBConnection } from '@duckdb/node-api'
import { loadDuckdb } from './load-duckdb.js'
import { text } from './sql-text.js'

export interface EngineOptions {
  /** Threads of DuckDB; 1 when left out, as batch workers are processes already. */
  readonly threads?: number
  /** Memory that DuckDB's buffers may take, in mebibytes; 128 when left out. What needs more goes to `temporary`. */
  readonly memoryMb?: number
  /** Folder for what does not fit into memory; without one, such work fails. */
  readonly temporary?: string
}

/** An instance of DuckDB: nothing of it reaches the network. */
export interface Engine {
  connect(): Promise<DuckDBConnection>
  /** The rows of a small result, as objects by column; 64-bit integers as texts. */
  rows(sql: string): Promise<readonly Readonly<Record<string, unknown>>[]>
  close(): void
}

/** Opens a database file read-only, or an empty database in memory (null). */
export async function openEngine(path: string | null, options: EngineOptions = {}): Promise<Engine> {
  const { DuckDBInstance } = await loadDuckdb()
  const instance = await DuckDBInstance.create(path ?? ':memory:', {
    ...(path === null ? {} : { access_mode: 'READ_ONLY' }),
    threads: String(options.threads ?? 1),
    memory_limit: `${options.memoryMb ?? 128}MiB`,
    temp_directory: options.temporary ?? '',
    preserve_insertion_order: 'true',
    // An extension would be code from the network, and brings file systems of the network with it.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
    // A second copy of file contents in memory: the operating system has one.
    enable_external_file_cache: 'false',
  })
  const connect = async (): Promise<DuckDBConnection> => instance.connect()
  const setup = await connect()
  try {
    // Nowhere to install to or to load from, and no query can change what is set here.
    await setup.run(`SET disabled_filesystems = ${text(networkFileSystems)}; SET TimeZone = 'UTC'; SET lock_configuration = true`)
  } catch (thrown) {
    instance.closeSync()
    throw thrown
  } finally {
    setup.closeSync()
  }
  return {
    connect,
    async rows(sql) {
      const connection = await connect()
      try {
        return (await connection.runAndReadAll(sql)).getRowObjectsJson()
      } finally {
        connection.closeSync()
      }
    },
    close: () => instance.closeSync(),
  }
}

const networkFileSystems = 'HTTPFileSystem,S3FileSystem,HuggingFaceFileSystem'
