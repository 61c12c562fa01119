import type { IncomingMessage } from 'node:http'
import { AuthError, type AuthorizationAttempt, type Logger, type Secret } from '../core/index.js'
import { callbackPath } from './authorization-attempt.js'
import { brokenCallbackPage, foreignCallbackPage, signedInPage, toErrorPage } from './callback-pages.js'
import { readCallbackQuery, type CallbackDecision } from './callback-query.js'
import { answerByPath, isFromOtherSite, notFound, plain } from './callback-request.js'
import type { SignInEnding } from './door.js'
import type { LoopbackAnswer, LoopbackListener } from './loopback-listener.js'
import { withResolvers } from './with-resolvers.js'

/** What a desk needs to know. */
export interface CallbackDeskOptions {
  readonly listener: LoopbackListener
  readonly attempt: Pick<AuthorizationAttempt, 'state' | 'receive'>
  /** The program a person signs in to, as its pages call it. */
  readonly program: string
  readonly logger: Logger
}

/** Receives the browser that comes back, and tells it how the sign-in ended. */
export interface CallbackDesk {
  /** The code of the first callback of this attempt, or why there is none. */
  readonly code: Promise<Secret>
  /** Answers the browsers that wait, and closes. When nobody brought a code, `code` rejects. */
  conclude(ending: SignInEnding): Promise<void>
}

/** Where a browser ends that signed in: an address without the code. */
const successPath = '/success'
const cancelPath = '/cancel'
/** How long a browser may take to follow the redirect to the page that says so. */
const successLingerMs = 2000

/** Serves the callback of one attempt (protocol 2.4). The browser waits for its answer until the credential is stored, or is not. */
export function openCallbackDesk({ listener, attempt, program, logger }: CallbackDeskOptions): CallbackDesk {
  const { promise: code, resolve: approve, reject: refuse } = withResolvers<Secret>()
  const { promise: ended, resolve: end } = withResolvers<SignInEnding>()
  const { promise: successShown, resolve: noteSuccessShown } = withResolvers<void>()
  const waiting = new Set<IncomingMessage>()
  let decision: CallbackDecision | undefined
  let isSignedIn = false
  let closing: Promise<void> | undefined
  code.catch(() => undefined)

  function answerCallback(request: IncomingMessage, query: URLSearchParams): LoopbackAnswer | Promise<LoopbackAnswer> {
    const reading = readCallbackQuery(query, attempt.state, attempt.receive)
    logger.debug(`A callback came: ${reading.kind}.`)
    if (reading.kind === 'mismatch') return foreignCallbackPage(program)
    if (reading.kind === 'ambiguous') return brokenCallbackPage(program)
    // The first one counts; a page that is loaded again gets the same answer.
    decision ??= reading
    return decision.kind === 'refused' ? answerRefused(decision.error) : answerApproved(decision.code, request)
  }

  function answerRefused(error: AuthError): LoopbackAnswer {
    refuse(error)
    return toErrorPage(error, program)
  }

  async function answerApproved(approvedCode: Secret, request: IncomingMessage): Promise<LoopbackAnswer> {
    approve(approvedCode)
    waiting.add(request)
    const ending = await ended
    return 'error' in ending ? toErrorPage(ending.error, program) : redirectToSuccess
  }

  function answerSuccess(): LoopbackAnswer {
    if (!isSignedIn) return notFound
    noteSuccessShown()
    return signedInPage(program)
  }

  function answerCancel(request: IncomingMessage): LoopbackAnswer {
    if (isFromOtherSite(request)) return forbidden
    if (decision?.kind === 'approved') return tooLate
    const error = new AuthError('ERR_SIGN_IN_CANCELLED', 'The sign-in was cancelled, or gave way to a newer one.')
    void conclude({ error })
    return toErrorPage(error, program)
  }

  async function finish(ending: SignInEnding): Promise<void> {
    isSignedIn = !('error' in ending)
    end(ending)
    refuse('error' in ending ? ending.error : cameAnotherWay())
    const isAnybodyThere = [...waiting].some(({ socket }) => !socket.destroyed)
    if (isSignedIn && isAnybodyThere) await withinLinger(successShown)
    await listener.close()
  }

  function conclude(ending: SignInEnding): Promise<void> {
    closing ??= finish(ending)
    return closing
  }

  const routes = { [callbackPath]: answerCallback, [successPath]: answerSuccess, [cancelPath]: answerCancel }
  listener.serve((request) => answerByPath(request, listener.port, routes))
  return { code, conclude }
}

async function withinLinger(done: Promise<void>): Promise<void> {
  const { promise: timeUp, resolve } = withResolvers<void>()
  const timer = setTimeout(() => resolve(), successLingerMs)
  await Promise.race([done, timeUp])
  clearTimeout(timer)
}

function cameAnotherWay(): AuthError {
  return new AuthError('ERR_SIGN_IN_CANCELLED', 'Somebody signed in another way before the browser came back.')
}

const redirectToSuccess: LoopbackAnswer = {
  status: 302,
  headers: { location: successPath, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' },
  body: '',
}
const forbidden = plain(403, 'Not for pages of other sites')
const tooLate = plain(409, 'This sign-in is being completed')
