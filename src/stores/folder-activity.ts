import { watch, type FSWatcher } from 'node:fs'

/** Whether anything was written in a folder. */
export interface FolderActivity {
  /** Since the last time it was asked. */
  hasHappened(): boolean
  close(): void
}

/** Watches the folder itself and nothing below it. One that cannot be watched counts as quiet. */
export function watchFolder(path: string): FolderActivity {
  let isActive = false
  const watcher = tryWatch(path, () => {
    isActive = true
  })
  return {
    hasHappened() {
      const wasActive = isActive
      isActive = false
      return wasActive
    },
    close: () => watcher?.close(),
  }
}

function tryWatch(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    return watch(path, { persistent: false }, onChange).on('error', () => undefined)
  } catch {
    return undefined
  }
}
