import { AuthError, isSameAccount, trimTrailingSlashes } from '../core/index.js'
import type { ChatgptCredential, Credential } from '../core/index.js'

/** Looks at a new sign-in and at what it would replace. What it throws ends the sign-in, and nothing is replaced. */
export type AcceptSignIn = (candidate: ChatgptCredential, replaces: Credential | undefined) => void

/** Who is meant to sign in. */
export interface AccountExpectation {
  /** Compared without regard to case. A hint of who is meant, never what an account is known by. */
  readonly email?: string | undefined
  /** The id of the workspace, or several of which any will do. */
  readonly workspace?: string | readonly string[] | undefined
  /** Whether the sign-in of another account may be replaced; default no. */
  readonly mayReplace?: boolean
}

/**
 * Accepts the account that is expected, and no other account over one that is signed in.
 *
 * @throws AuthError `ERR_SIGN_IN_WRONG_ACCOUNT`, from the function it returns
 */
export function expectAccount({ email, workspace, mayReplace = false }: AccountExpectation): AcceptSignIn {
  return (candidate, replaces) => {
    const { identity, accountId } = candidate
    if (email !== undefined && identity.email?.toLowerCase() !== email.toLowerCase()) {
      throw wrongAccount(`${nameOf(candidate)} signed in where ${email} was expected.`)
    }
    const workspaces = workspace === undefined ? [] : [workspace].flat()
    if (workspaces.length > 0 && !workspaces.includes(accountId ?? '')) {
      throw wrongAccount(`${nameOf(candidate)} signed in where workspace ${workspaces.join(' or ')} was expected.`)
    }
    if (mayReplace || !replaces || !('accessToken' in replaces) || !isOtherAccount(candidate, replaces)) return
    const advice =
      'To keep both, sign in with another --profile; to replace the old one, sign in with --switch-account.'
    throw wrongAccount(`${nameOf(candidate)} signed in where ${nameOf(replaces)} is signed in.`, advice)
  }
}

/** Issuer, person and workspace are what an account is; a stored sign-in that does not tell its issuer contradicts nobody. */
export function isOtherAccount(one: ChatgptCredential, other: ChatgptCredential): boolean {
  const [issuer, otherIssuer] = [one.provenance?.issuer, other.provenance?.issuer]
  const isSameIssuer =
    issuer === undefined ||
    otherIssuer === undefined ||
    trimTrailingSlashes(issuer) === trimTrailingSlashes(otherIssuer)
  return !isSameIssuer || !isSameAccount(one, other)
}

/** `ada@example.test (workspace 1234)`: two workspaces share one e-mail. */
function nameOf({ identity, accountId }: ChatgptCredential): string {
  const person = identity.email ?? identity.userId ?? 'Somebody'
  const name = accountId === undefined ? person : `${person} (workspace ${accountId})`
  return name.replaceAll(/\p{Cc}+/gu, ' ')
}

function wrongAccount(summary: string, advice?: string): AuthError {
  const whatStays = `${summary} Nothing was replaced.`
  return new AuthError('ERR_SIGN_IN_WRONG_ACCOUNT', whatStays, advice === undefined ? {} : { advice })
}
