/** Starts `work` and waits for it, but no longer than until `signal` aborts. What was started goes on either way. */
export async function waitFor<Result>(work: () => Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (!signal) return work()
  signal.throwIfAborted()
  const result = work()
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
    void result.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
