import { systemClock, type Clock } from '../core/index.js'
import { systemCode } from './file-errors.js'

/** What Windows answers while a scanner, an indexer or a reader has the file open. */
const sharingErrors = new Set(['EPERM', 'EACCES', 'EBUSY'])

/** 1.5 seconds in all. Elsewhere these errors do not pass by waiting. */
const pausesMs = [10, 20, 40, 80, 150, 300, 400, 500]

export interface RetrySharingOptions {
  readonly platform?: NodeJS.Platform
  readonly clock?: Clock
}

/** Tries again while Windows says that somebody else has the file open. */
export async function retrySharing<Result>(
  work: () => Promise<Result>,
  { platform = process.platform, clock = systemClock }: RetrySharingOptions = {},
): Promise<Result> {
  if (platform !== 'win32') return work()
  for (const pauseMs of pausesMs) {
    try {
      return await work()
    } catch (error) {
      if (!sharingErrors.has(systemCode(error) ?? '')) throw error
      await clock.sleep(pauseMs)
    }
  }
  return work()
}
