import { randomBytes } from 'node:crypto'
import type { Clock } from '../core/index.js'
import { digestKey, isSameDigest } from './api-key.js'
import type { AskedRequest } from './asked-request.js'
import { csrfHeader } from './console-api.js'
import { Refusal } from './refusal.js'

/** Somebody who came in by a link of the terminal. */
export interface ConsoleSession {
  /** What every call that changes something has to carry. */
  readonly csrf: string
}

/** Who may use the console: whoever has opened a link, in that browser, for half a day. */
export interface ConsoleSessions {
  /** A secret for one link, good once and for ten minutes. */
  createTicket(): string
  /** Redeems a ticket. @returns The cookie to set @throws Refusal 401 */
  enter(ticket: string): string
  /** @throws Refusal 401 without a session, 403 when a call that changes something lacks the token */
  require(request: AskedRequest): ConsoleSession
  has(request: AskedRequest): boolean
  /** @returns The cookie to set, which removes it */
  leave(request: AskedRequest): string
}

interface Timed {
  readonly digest: Buffer
  readonly endsAtMs: number
}

const ticketLifeMs = 10 * 60 * 1000
const sessionLifeMs = 12 * 60 * 60 * 1000
/** Enough for a few browsers; the oldest gives way. */
const mostSessions = 16

/** @param origin Cookies do not tell ports apart, so the name of ours does. */
export function createConsoleSessions(origin: string, clock: Clock): ConsoleSessions {
  const { protocol, port } = new URL(origin)
  const cookieName = `planpass_console_${port}`
  const attributes = `Path=/; HttpOnly; SameSite=Strict${protocol === 'https:' ? '; Secure' : ''}`
  let tickets: Timed[] = []
  let sessions: (Timed & ConsoleSession)[] = []

  const isLive = ({ endsAtMs }: Timed) => endsAtMs > clock.now()
  const cookieOf = ({ headers }: AskedRequest) => readCookie(headers.get('cookie') ?? '', cookieName)

  function find(request: AskedRequest): (Timed & ConsoleSession) | undefined {
    const cookie = cookieOf(request)
    if (cookie === undefined) return undefined
    const digest = digestKey(cookie)
    return sessions.filter((session) => isLive(session) && isSameDigest(session.digest, digest))[0]
  }

  return {
    createTicket() {
      const ticket = createToken()
      tickets = [...tickets.filter(isLive), { digest: digestKey(ticket), endsAtMs: clock.now() + ticketLifeMs }]
      return ticket
    },
    enter(ticket) {
      const digest = digestKey(ticket)
      const [found] = tickets.filter((known) => isLive(known) && isSameDigest(known.digest, digest))
      if (!found) throw required('This link was used already, or is too old.')
      tickets = tickets.filter((known) => known !== found)
      const cookie = createToken()
      const session = { digest: digestKey(cookie), endsAtMs: clock.now() + sessionLifeMs, csrf: createToken() }
      sessions = [...sessions.filter(isLive), session].slice(-mostSessions)
      return `${cookieName}=${cookie}; Max-Age=${sessionLifeMs / 1000}; ${attributes}`
    },
    require(request) {
      const session = find(request)
      if (!session) throw required('The console is not open in this browser.')
      if (request.method !== 'GET' && request.method !== 'HEAD') requireCsrf(request, session)
      return session
    },
    has: (request) => cookieOf(request) !== undefined,
    leave(request) {
      const session = find(request)
      sessions = sessions.filter((known) => known !== session)
      return `${cookieName}=; Max-Age=0; ${attributes}`
    },
  }
}

function requireCsrf({ headers }: AskedRequest, { csrf }: ConsoleSession): void {
  const isJson = /^application\/json\s*(;|$)/i.test(headers.get('content-type') ?? '')
  if (isJson && isSameDigest(digestKey(headers.get(csrfHeader) ?? ''), digestKey(csrf))) return
  throw new Refusal(403, 'csrf_token_wrong', `This call needs the header ${csrfHeader}, and a JSON body.`)
}

function required(why: string): Refusal {
  return new Refusal(401, 'console_session_required', `${why} \`planpass serve link\` prints a new link.`)
}

function createToken(): string {
  return randomBytes(32).toString('base64url')
}

function readCookie(header: string, name: string): string | undefined {
  const prefix = `${name}=`
  return header
    .split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(prefix))
    ?.slice(prefix.length)
}
