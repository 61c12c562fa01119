/** Does the task when it is asked to. Asked again meanwhile, it does it once more after a pause, however often that was: a burst is answered once. */
export function coalesce(task: () => Promise<void>, pause: () => Promise<void>): () => void {
  let isWanted = false
  let isRunning = false

  async function run(): Promise<void> {
    isRunning = true
    while (isWanted) {
      isWanted = false
      await task()
      await pause()
    }
    isRunning = false
  }

  return () => {
    isWanted = true
    if (!isRunning) void run()
  }
}
