/**
 * Lets go of an answer that nobody will read, so that its connection is free again. Nobody waits for it either: that would take for ever when
 * the `fetch` we were given keeps a clone of the answer.
 */
export function discardBody(response: Response): void {
  void response.body?.cancel().catch(() => undefined)
}
