/** An answer that refuses: a status and the body the service gives with it. */
export interface Problem {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** How the Codex backend itself refuses a request. */
export function detailProblem(detail: unknown, status = 400): Problem {
  return { status, body: { detail } }
}

/** How the inference API behind it refuses one. */
export function apiProblem(
  status: number,
  error: { readonly message: string; readonly code: string; readonly param?: string },
): Problem {
  const { message, code, param = null } = error
  return { status, body: { error: { message, type: 'invalid_request_error', param, code } } }
}

export function problemResponse({ status, body }: Problem, headers: Record<string, string> = {}): Response {
  return Response.json(body, { status, headers })
}
