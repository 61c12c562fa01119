/** What was done once is not done again: later calls get what the first got. */
export function once<Result>(work: () => Result): () => Result {
  let done: { readonly result: Result } | undefined
  return () => (done ??= { result: work() }).result
}
