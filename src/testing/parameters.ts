/** The parameters of a token or revocation request, by name. */
export type Parameters = Readonly<Record<string, string>>

/**
 * Reads a form, or the JSON the Codex CLI sends for refresh and revocation (protocol 5.2, 6). `undefined` when it is
 * neither, or repeats a parameter (RFC 6749 3.2). Members of a JSON body that are not text are left out.
 */
export async function readParameters(request: Request): Promise<Parameters | undefined> {
  const contentType = request.headers.get('content-type') ?? ''
  const text = await request.text()
  if (contentType.startsWith('application/x-www-form-urlencoded')) return fromForm(new URLSearchParams(text))
  if (contentType.startsWith('application/json')) return fromJson(text)
  return undefined
}

function fromForm(form: URLSearchParams): Parameters | undefined {
  const parameters = Object.fromEntries(form)
  return Object.keys(parameters).length === form.size ? parameters : undefined
}

function fromJson(text: string): Parameters | undefined {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const strings = Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string')
  return Object.fromEntries(strings)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
