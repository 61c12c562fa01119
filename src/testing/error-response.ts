/** An error as OpenAI's services shape it, e.g. real-codex 3: `deviceauth_authorization_unknown`. */
export function openAiError(status: number, code: string, message: string): Response {
  return Response.json({ error: { message, type: 'invalid_request_error', param: null, code } }, { status })
}

/** An error as OAuth shapes it (RFC 6749 5.2), which the token endpoint answers to a bad code. */
export function oauthError(error: string, description: string, status = 400): Response {
  return Response.json(
    { error, error_description: description },
    { status, headers: { 'cache-control': 'no-store', pragma: 'no-cache' } },
  )
}
