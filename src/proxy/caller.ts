import { Secret } from '../core/index.js'
import { chatgptTokens, type ExternalTokens } from '../core/external.js'
import { Refusal } from './refusal.js'

/**
 * Whose plan a request is for: it must bring the token and the account itself, so that no page can spend what is not its own.
 *
 * @throws Refusal 401
 */
export function readCaller({ headers }: Request): ExternalTokens {
  const [, token] = /^Bearer ([\x21-\x7e]{1,16384})$/i.exec(headers.get('authorization') ?? '') ?? []
  const accountId = headers.get('chatgpt-account-id') ?? ''
  if (token === undefined || !/^[\w.:-]{1,256}$/.test(accountId)) {
    throw new Refusal(401, 'The request needs `Authorization: Bearer` and `ChatGPT-Account-ID`.')
  }
  return chatgptTokens(new Secret(token), { accountId })
}
