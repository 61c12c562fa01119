import { Hono } from 'hono'
import { type EmulatedAccount, findAccount } from '../accounts.js'
import { redirectLocation } from '../authorization-request.js'
import type { EmulatorBindings } from '../context.js'
import { openAiError } from '../error-response.js'
import type { EmulatorApp } from '../issuer.js'
import { consentPage, problemPage } from '../pages.js'
import { readParameters } from '../parameters.js'
import { isForeignForm } from '../same-origin.js'
import { withoutPort, type EmulatedClient } from './client-book.js'
import { bootstrapClientId, fullScope, planResource, planScope } from './plan-client.js'
import type { SiwcParts } from './routes.js'

/** An authorization request that may be put before a person. */
interface Asked {
  readonly query: URLSearchParams
  readonly redirectUri: string
  /** The program that asks again; absent for one that wants to be registered. */
  readonly client: EmulatedClient | undefined
}

/** `/api/accounts/authorize`: registers programs, and lets registered ones sign in again (siwc 2.2). */
export function createAuthorizeRoute(parts: SiwcParts): EmulatorApp {
  return new Hono<{ Bindings: EmulatorBindings }>().on(
    ['GET', 'POST'],
    '/api/accounts/authorize',
    async ({ req, env }) => {
      const query = new URL(req.url).searchParams
      env.note.outcome = 'authorize:refused'
      const asked = readAsked(parts, query)
      if ('problem' in asked) return problemPage(asked.problem)
      const refusal = whyRefused(asked)
      if (refusal !== undefined) return redirect(asked, { error: 'invalid_request', error_description: refusal })
      const form = req.method === 'POST' ? await readParameters(req.raw) : undefined
      if (isForeignForm(req.raw)) return openAiError(403, 'forbidden', 'This form belongs to another page.')
      if (form?.['decision'] === 'deny') {
        return redirect(asked, { error: 'access_denied', error_description: 'The person declined.' })
      }
      const accounts = asked.client ? [asked.client.account] : parts.accounts
      if (form?.['decision'] !== 'approve' && parts.options.autoApprove !== true) {
        env.note.outcome = 'authorize:shown'
        return consentPage({ clientId: nameOf(asked), scope: query.get('scope') ?? '', accounts })
      }
      env.note.outcome = 'authorize:approved'
      return approve(parts, asked, findAccount(accounts, form?.['account'] ?? '') ?? accounts[0] ?? parts.accounts[0])
    },
  )
}

function readAsked({ clients }: SiwcParts, query: URLSearchParams): Asked | { readonly problem: string } {
  const clientId = query.get('client_id') ?? ''
  const redirectUri = query.get('redirect_uri') ?? ''
  const client = clients.find(clientId)
  if (!client && clientId !== bootstrapClientId) return { problem: 'There is no such client.' }
  if (!/^http:\/\/127\.0\.0\.1:\d+\/[\w/-]*$/.test(redirectUri))
    return { problem: 'The redirect_uri is not to 127.0.0.1.' }
  if (client && withoutPort(redirectUri) !== client.redirect)
    return { problem: 'The redirect_uri is not the registered one.' }
  return { query, redirectUri, client }
}

/** What the pages ask of every request (siwc 2.2), in the order of their table. */
function whyRefused({ query, client }: Asked): string | undefined {
  const isScopeWhole = fullScope.split(' ').every((scope) => query.get('scope')?.split(' ').includes(scope))
  const rules: readonly [boolean, string][] = [
    [client ? !query.has('agent_name_hint') : Boolean(query.get('agent_name_hint')), 'agent_name_hint'],
    [Boolean(query.get('ext_agent_host_id')), 'ext_agent_host_id'],
    [query.get('response_type') === 'code', 'response_type'],
    [isScopeWhole, 'scope'],
    [query.get('resource') === planResource, 'resource'],
    [Boolean(query.get('state')), 'state'],
    [Boolean(query.get('nonce')), 'nonce'],
    [query.get('code_challenge_method') === 'S256' && Boolean(query.get('code_challenge')), 'code_challenge'],
  ]
  const broken = rules.find(([holds]) => !holds)
  return broken && `The parameter ${broken[1]} is not as it has to be.`
}

function approve(parts: SiwcParts, asked: Asked, account: EmulatedAccount): Response {
  const { query, redirectUri } = asked
  const name = query.get('agent_name_hint') ?? ''
  const client = asked.client ?? parts.clients.register({ account, name, redirect: withoutPort(redirectUri) })
  parts.clients.noteHost(client.clientId, query.get('ext_agent_host_id') ?? '')
  const scope = parts.scenario.planUsage ? fullScope : fullScope.replace(` ${planScope}`, '')
  const code = parts.codes.add({
    account,
    clientId: client.clientId,
    scope,
    redirectUri,
    codeChallenge: query.get('code_challenge') ?? '',
    nonce: query.get('nonce') ?? undefined,
  })
  // A program that is registered already may be told its id again, or not; here it is not (siwc 2.3).
  return redirect(asked, { code, scope, client_id: asked.client ? undefined : client.clientId })
}

function redirect({ query, redirectUri }: Asked, answer: Readonly<Record<string, string | undefined>>): Response {
  const location = redirectLocation(redirectUri, { ...answer, state: query.get('state') ?? undefined })
  return new Response(null, { status: 302, headers: { location, 'cache-control': 'no-store' } })
}

function nameOf({ query, client }: Asked): string {
  return client?.name ?? query.get('agent_name_hint') ?? ''
}
