import { createHash } from 'node:crypto'
import { isAbortError, isAuthError, type ErrorCode } from '../core/index.js'
import { pageStyle } from './callback-page-style.js'
import type { LoopbackAnswer } from './loopback-listener.js'

/** What a page says. All of it is text, and escaped where it enters the page. */
interface PageContent {
  readonly status: number
  readonly tone: 'good' | 'bad'
  readonly title: string
  readonly what: string
  readonly next: string
  readonly code?: ErrorCode
  /** The program that shows the page, and where the person returns to. */
  readonly program: string
}

/** The sign-in worked, and is stored. */
export function signedInPage(program: string): LoopbackAnswer {
  return page({
    status: 200,
    tone: 'good',
    title: 'You are signed in',
    what: `${program} can use your ChatGPT plan now.`,
    next: `You can close this tab and return to ${program}.`,
    program,
  })
}

/** The sign-in failed, in the words and with the code that the program shows as well. */
export function toErrorPage(error: unknown, program: string): LoopbackAnswer {
  // As upstream does: the page is the answer to a person, and some browsers replace a page that is an error (protocol 2.4).
  const answer = { status: 200, tone: 'bad', program } as const
  if (isAuthError(error)) {
    return page({
      ...answer,
      title: titleOf(error.code),
      what: error.summary,
      next: `${error.advice} ${mayClose}`,
      code: error.code,
    })
  }
  const isCancelled = isAbortError(error)
  const title = isCancelled ? titleOf('ERR_SIGN_IN_CANCELLED') : anyTitle
  const what = isCancelled ? `${program} stopped waiting for it.` : 'Something happened that nobody expected.'
  return page({ ...answer, title, what, next: `Return to ${program}; it says more. ${mayClose}` })
}

/** Whoever opens an old tab, or a link somebody sent, ends nobody's sign-in (protocol 2.4). */
export function foreignCallbackPage(program: string): LoopbackAnswer {
  return page({
    status: 400,
    tone: 'bad',
    title: 'This page belongs to another sign-in',
    what: 'State mismatch: it was started earlier, or by somebody else. The sign-in that is under way goes on.',
    next: `Open the address that ${program} showed last.`,
    program,
  })
}

/** An address that contradicts itself. */
export function brokenCallbackPage(program: string): LoopbackAnswer {
  return page({
    status: 400,
    tone: 'bad',
    title: 'This address is damaged',
    what: 'It says something twice, so nothing in it was used. The sign-in that is under way goes on.',
    next: `Open the address that ${program} showed once more.`,
    program,
  })
}

const mayClose = 'You can close this tab.'
const anyTitle = 'Sign-in could not be completed'

const titles: Partial<Record<ErrorCode, string>> = {
  ERR_SIGN_IN_CANCELLED: 'The sign-in was cancelled',
  ERR_SIGN_IN_DENIED: 'You are not signed in',
  ERR_SIGN_IN_NOT_ALLOWED: 'This account cannot be used here',
  ERR_SIGN_IN_WRONG_ACCOUNT: 'This is another account',
}

function titleOf(code: ErrorCode): string {
  return titles[code] ?? (code.startsWith('ERR_STORE_') ? 'Your sign-in could not be saved' : anyTitle)
}

const signs = { good: 'm5 12.5 4.5 4.5L19 7.5', bad: 'm7 7 10 10M17 7 7 17' }

function page({ status, tone, title, what, next, code, program }: PageContent): LoopbackAnswer {
  const text = escapeHtml
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${text(`${title} · ${program}`)}</title>
<link rel="icon" href="data:,">
<style>${pageStyle}</style>
</head>
<body>
<main class="${tone}">
<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${signs[tone]}"/></svg>
<h1>${text(title)}</h1>
<p>${text(what)}</p>
<p class="next">${text(next)}</p>
${code === undefined ? '' : `<dl><dt>Error code, as ${text(program)} shows it</dt><dd>${code}</dd></dl>`}
</main>
<footer>Shown by ${text(program)} on this computer, not by OpenAI.</footer>
</body>
</html>
`
  return { status, headers: pageHeaders(), body }
}

/** No script, no form, no frame, nothing from elsewhere, and only the one style. */
function pageHeaders(): Record<string, string> {
  const style = createHash('sha256').update(pageStyle).digest('base64')
  return {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${style}'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cross-origin-opener-policy': 'same-origin',
  }
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
}
