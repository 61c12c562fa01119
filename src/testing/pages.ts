import { html, raw } from 'hono/html'
import { accountKey, type EmulatedAccount } from './accounts.js'
import { codexClientId } from './codex-client.js'
import type { DeviceGrant } from './device-grants.js'
import { pageStyle } from './page-style.js'

/** A piece of a page; `html` escapes everything that is put into it. */
type Markup = ReturnType<typeof html>

/** Where a person enters the code their device shows. */
export function deviceCodePage({ userCode, problem }: { userCode: string; problem?: string }): Promise<Response> {
  const content = html` <p>Enter the code your device is showing.</p>
    <form method="post" action="/codex/device">
      <div>
        <label class="field" for="user_code">One-time code</label>
        <input
          type="text"
          id="user_code"
          name="user_code"
          value="${userCode}"
          placeholder="ABCD-EFGHJ"
          required
          autofocus
          maxlength="20"
          autocomplete="one-time-code"
          autocapitalize="characters"
          spellcheck="false"
          ${problem === undefined ? '' : raw('aria-invalid="true" aria-describedby="problem"')}
        />
        ${problem === undefined ? '' : html`<p class="problem" id="problem" role="alert">${problem}</p>`}
      </div>
      <button class="primary">Continue</button>
    </form>`
  return page({ title: 'Sign in on your device', content, status: problem === undefined ? 200 : 400 })
}

/** Where the person sees what they are about to allow, and for which account. */
export function deviceConfirmPage(asked: {
  device: DeviceGrant
  accounts: readonly EmulatedAccount[]
}): Promise<Response> {
  const { userCode, clientId } = asked.device
  const content = html` <p>
      Continue only if you started this yourself. If a website or another person gave you this code, deny it.
    </p>
    <form method="post" action="/codex/device">
      <input type="hidden" name="user_code" value="${userCode}" />
      <dl>
        <div>
          <dt>Code</dt>
          <dd class="code">${userCode}</dd>
        </div>
        <div>
          <dt>Program</dt>
          <dd>${programName(clientId)}</dd>
        </div>
      </dl>
      ${accountChoice(asked.accounts)} ${decision}
    </form>`
  return page({ title: 'Allow this device to sign in?', content })
}

/** The consent page of the browser sign-in; its form posts to the page's own URL. */
export function consentPage(asked: {
  clientId: string
  scope: string
  accounts: readonly EmulatedAccount[]
}): Promise<Response> {
  const content = html` <p>It will be able to use your ChatGPT plan until you sign it out.</p>
    <form method="post">
      <dl>
        <div>
          <dt>Program</dt>
          <dd>${programName(asked.clientId)}</dd>
        </div>
        <div>
          <dt>It asks for</dt>
          <dd>${asked.scope.split(' ').join(', ')}</dd>
        </div>
      </dl>
      ${accountChoice(asked.accounts)} ${decision}
    </form>`
  return page({ title: 'Allow this program to sign in?', content })
}

/** What the person sees when they have decided about a device. */
export function outcomePage({ approved, email }: { approved: boolean; email: string }): Promise<Response> {
  const content = approved
    ? html`<p>Your device is signing in as ${email}. You can close this page.</p>`
    : html`<p>The device was not signed in. You can close this page.</p>`
  return page({ title: approved ? 'You are signed in' : 'Sign-in denied', content })
}

/** An authorization request that must not be redirected anywhere. */
export function problemPage(problem: string): Promise<Response> {
  return page({ title: 'This sign-in link does not work', content: html`<p>${problem}</p>`, status: 400 })
}

const decision = html` <div class="decide">
  <button name="decision" value="deny">Deny</button>
  <button class="primary" name="decision" value="approve">Approve</button>
</div>`

function accountChoice(accounts: readonly EmulatedAccount[]): Markup {
  return html` <fieldset>
    <legend>${accounts.length > 1 ? 'Choose an account' : 'Your account'}</legend>
    ${accounts.map(
      (account, index) =>
        html` <label class="account">
          <input type="radio" name="account" value="${accountKey(account)}" ${index === 0 ? raw('checked') : ''} />
          <span>${account.email}<small>${account.planType} plan, ${account.accountId}</small></span>
        </label>`,
    )}
  </fieldset>`
}

function programName(clientId: string): string {
  return clientId === codexClientId ? 'Codex' : clientId
}

async function page({
  title,
  content,
  status = 200,
}: {
  title: string
  content: Markup
  status?: number
}): Promise<Response> {
  const document = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="data:," />
        <style>
          ${raw(pageStyle)}
        </style>
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
        <footer>An emulator for tests. It is not OpenAI, and no real account is involved.</footer>
      </body>
    </html>`
  return new Response(document.toString(), { status, headers: pageHeaders })
}

/**
 * No scripts, no frames, nothing from elsewhere. The form may lead to the client's redirect URI, so `form-action` is open;
 * without a referrer at all browsers would send the form with `Origin: null`.
 */
const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
}
