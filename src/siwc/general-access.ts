import { AuthError, type Provider } from '../core/index.js'

/** What an operator states. */
export interface GeneralAccessApproval {
  /** OpenAI has approved this use in writing; where the approval is found. */
  readonly approval?: string | undefined
}

/**
 * To be asked before tokens or answers are handed to other programs or other people. The terms of "Sign in with ChatGPT" (29 September 2026, 2)
 * allow the connected program only.
 *
 * @throws AuthError `ERR_CONFIG_TERMS`
 */
export function assertGeneralAccessAllowed(
  { name }: Pick<Provider, 'name'>,
  { approval }: GeneralAccessApproval = {},
): void {
  if (name !== 'siwc' || approval?.trim()) return
  throw new AuthError(
    'ERR_CONFIG_TERMS',
    'The terms of "Sign in with ChatGPT" allow the connected program only, and no general-purpose API access for other tools or people.',
    { advice: 'Use the session in the program that signed in; `docs/which-route.md` says which route allows what.' },
  )
}
