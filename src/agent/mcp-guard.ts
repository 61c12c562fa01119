import { createHash, timingSafeEqual } from 'node:crypto'
import type { Secret } from '../core/index.js'

/** The one path that is served. */
export const mcpPath = '/mcp'

interface Guard {
  readonly key: Secret
  readonly hosts: readonly string[]
}

type Handle = (request: Request) => Promise<Response>

/** Lets through who knows the key and asks by our own name. */
export function guardMcp(handle: Handle, guard: Guard): Handle {
  return async (request) => refuse(request, guard) ?? handle(request)
}

function refuse(request: Request, { key, hosts }: Guard): Response | undefined {
  const url = new URL(request.url)
  // No page of a browser has business here: a sign-in is for the person at this machine (MCP 2026-07-28, security of transports).
  if (request.headers.has('origin') || request.headers.has('sec-fetch-site')) return problem(403, 'not for browsers')
  if (!hosts.includes(url.host)) return problem(403, 'not a name of this server')
  if (!isSameKey(request.headers.get('authorization'), key)) return problem(401, 'the key is missing or wrong')
  return url.pathname === mcpPath ? undefined : problem(404, 'no such path')
}

/** Compared as digests, in a time that tells nothing. */
function isSameKey(authorization: string | null, key: Secret): boolean {
  return timingSafeEqual(digest(authorization ?? ''), digest(`Bearer ${key.reveal()}`))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}

function problem(status: number, message: string): Response {
  const headers = { 'cache-control': 'no-store', ...(status === 401 && { 'www-authenticate': 'Bearer' }) }
  return Response.json({ error: { message } }, { status, headers })
}
