import { Hono } from 'hono'
import type { ConsoleFile, ConsoleFiles } from './console-api.js'

/** Everything comes from here, nothing is inline, nobody frames it, and no text becomes a script. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ')

/** For whatever a browser is given, page or answer. */
export const browserHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), clipboard-write=(self)',
  'cache-control': 'no-store',
}

/** The page's files, and the door that the terminal's link leads to. */
export function createPageRoutes(files: ConsoleFiles): Hono {
  const routes = new Hono()
  const all: ConsoleFiles = new Map([...files, ['/enter', enterPage], ['/enter.js', enterScript]])
  for (const [path, { type, body }] of all) {
    routes.get(path, () => new Response(body, { headers: { ...browserHeaders, 'content-type': type } }))
  }
  return routes
}

/** The ticket is behind the `#`: no server, log or proxy ever sees it, and nothing that merely looks at links uses it up. */
const enterPage: ConsoleFile = {
  type: 'text/html; charset=utf-8',
  body: `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>planpass</title>
<p role="status">Opening the console…</p>
<noscript>The console needs JavaScript.</noscript>
<script src="/enter.js" defer></script>
</html>
`,
}

const enterScript: ConsoleFile = {
  type: 'text/javascript; charset=utf-8',
  body: `async function enter() {
  const ticket = location.hash.slice(1)
  history.replaceState(null, '', '/enter')
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch('/api/enter', { method: 'POST', headers, body: JSON.stringify({ ticket }) })
  if (answer.ok) return location.replace('/')
  const { error } = await answer.json()
  document.querySelector('p').textContent = error.message
}
enter()
`,
}
