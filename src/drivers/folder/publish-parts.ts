import { copyFile, link, lstat, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { SlipwayError } from '../../core/errors.js'
import { manifestName, partManifest, partName } from '../../core/part-names.js'
import type { PartStoreOptions, PublishedOutput } from '../../core/part-store.js'
import type { PartitionRecord } from '../../core/table.js'
import { syncDirectory } from './durable.js'
import { systemCode, tolerating } from './failure.js'

const gone = ['ENOENT', 'ENOTDIR']

/** Makes the destination a folder of the parts: links in a fresh folder beside it, renamed into place. */
export async function publishFolder(
  options: PartStoreOptions,
  records: readonly PartitionRecord[],
  partPath: (index: number) => string,
): Promise<PublishedOutput> {
  const { run, extension } = options
  const bytes = records.reduce((sum, record) => sum + record.bytes, 0)
  const { destination, fresh, old } = placesOf(options)
  if ((await runOf(destination)) === run) {
    await rm(old, { recursive: true, force: true })
    return { bytes }
  }
  await rm(fresh, { recursive: true, force: true })
  await mkdir(fresh, { recursive: true })
  for (const { partition } of records) await linkOrCopy(partPath(partition.index), join(fresh, partName(partition.index, extension)))
  const manifest = `${JSON.stringify(partManifest(run, records, extension), null, 2)}\n`
  await writeFile(join(fresh, manifestName), manifest, { flush: true })
  await syncDirectory(fresh)
  await makeWay(options, destination, old)
  await rename(fresh, destination)
  await syncDirectory(dirname(destination))
  await rm(old, { recursive: true, force: true })
  return { bytes }
}

/** Makes the destination the file that `build` writes: a temporary file beside it, renamed into place. */
export async function publishFile(options: PartStoreOptions, build: (path: string) => Promise<void>): Promise<PublishedOutput> {
  const { destination, fresh } = placesOf(options)
  const marker = join(options.staging, 'published.json')
  const there = await identityOf(destination)
  if (there !== null && there === (await tolerating(gone, null, () => readFile(marker, 'utf8'))))
    return { bytes: await sizeOf(destination) }
  await refuseExisting(options, destination)
  await mkdir(dirname(destination), { recursive: true })
  await rm(fresh, { recursive: true, force: true })
  try {
    await build(fresh)
    const bytes = await flush(fresh)
    // A rename keeps the identity: called again after a kill, the file at the destination is known to be this one.
    await writeFile(marker, (await identityOf(fresh))!, { flush: true })
    await rename(fresh, destination)
    await syncDirectory(dirname(destination))
    return { bytes }
  } catch (thrown) {
    await rm(fresh, { recursive: true, force: true })
    throw thrown
  }
}

/** What tells a file from any other that may come to have its name; null where there is none. */
async function identityOf(path: string): Promise<string | null> {
  const stats = await tolerating(gone, null, () => lstat(path))
  return stats?.isFile() === true ? JSON.stringify({ inode: stats.ino, bytes: stats.size, modifiedMs: stats.mtimeMs }) : null
}

async function sizeOf(path: string): Promise<number> {
  return (await lstat(path)).size
}

/** Removes what a killed `publishFolder` or `publishFile` left beside the destination. */
export async function discardHalves(options: PartStoreOptions): Promise<void> {
  const { destination, fresh, old } = placesOf(options)
  await rm(fresh, { recursive: true, force: true })
  // Killed between the two renames: what was there before is all that is whole.
  if ((await kindOf(destination)) === null && (await kindOf(old)) !== null) await rename(old, destination)
  await rm(old, { recursive: true, force: true })
}

interface Places {
  readonly destination: string
  /** What is being built, and what was there before, under names that listings leave out. */
  readonly fresh: string
  readonly old: string
}

function placesOf(options: PartStoreOptions): Places {
  const destination = resolve(options.destination)
  const beside = (kind: string): string => join(dirname(destination), `.${basename(destination)}.${options.run}.${kind}`)
  return { destination, fresh: beside('new'), old: beside('old') }
}

/** Takes what is at the destination aside, where that is allowed. */
async function makeWay(options: PartStoreOptions, destination: string, old: string): Promise<void> {
  const kind = await kindOf(destination)
  if (kind === null || kind === 'empty folder') return
  await refuseExisting(options, destination)
  await rm(old, { recursive: true, force: true })
  await rename(destination, old)
}

async function refuseExisting({ existing }: PartStoreOptions, destination: string): Promise<void> {
  const kind = await kindOf(destination)
  if (kind === null || kind === 'empty folder' || existing === 'replace') return
  throw new SlipwayError('OUTPUT_EXISTS', `the output \`${basename(destination)}\` is there already`)
}

async function kindOf(path: string): Promise<'file' | 'folder' | 'empty folder' | null> {
  const stats = await tolerating(gone, null, () => lstat(path))
  if (stats === null) return null
  if (!stats.isDirectory()) return 'file'
  return (await readdir(path)).length === 0 ? 'empty folder' : 'folder'
}

/** The run that made a folder of parts; null for anything else. */
async function runOf(folder: string): Promise<string | null> {
  const text = await tolerating([...gone, 'EISDIR'], null, () => readFile(join(folder, manifestName), 'utf8'))
  return text === null ? null : runIn(text)
}

function runIn(manifest: string): string | null {
  try {
    return (JSON.parse(manifest) as { run?: string } | null)?.run ?? null
  } catch {
    // A manifest of another program's: the folder is not ours.
    return null
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (thrown) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EMLINK'].includes(systemCode(thrown) ?? '')) throw thrown
    await copyFile(from, to)
    await flush(to)
  }
}

async function flush(path: string): Promise<number> {
  const file = await open(path, 'r+')
  try {
    await file.sync()
    return (await file.stat()).size
  } finally {
    await file.close()
  }
}
