import { SlipwayError } from './errors.js'

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be too large for the file system',
  EROFS: 'the file system is read-only',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EIO: 'the disk failed',
  EXDEV: 'the staging folder is on another file system than the output',
}

/** What was thrown while `doing` (`writing part 3`), as SINK_FAILED with the errno; errors of slipway as they are. */
export function sinkFailure(doing: string, thrown: unknown): unknown {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined
  if (thrown instanceof SlipwayError || typeof code !== 'string') return thrown
  const reason = reasons[code]
  return new SlipwayError('SINK_FAILED', `${doing} failed: ${reason === undefined ? code : `${reason} (${code})`}`, { cause: thrown })
}
