import { describe, expect, it } from 'vitest'
import { createTokenKeeper } from '../../src/app-server/token-keeper.js'
import { bearerTokens, type ExternalRefreshContext } from '../../src/core/external.js'
import { Secret } from '../../src/core/index.js'
import { caught } from '../support/caught.js'

/** Numbered tokens: the source has none at hand until it has refreshed. */
function createSource() {
  const contexts: ExternalRefreshContext[] = []
  const refresh = async (context: ExternalRefreshContext) => {
    contexts.push(context)
    return bearerTokens(new Secret(`token-${contexts.length}`))
  }
  return { contexts, refresh }
}

describe('the keeper of the tokens of a source', () => {
  it('asks a source that has none at hand once', async () => {
    const source = createSource()
    const keeper = createTokenKeeper(source)
    const [one, other] = await Promise.all([keeper.current(), keeper.current()])
    expect(one).toBe(other)
    expect(await keeper.current()).toBe(one)
    expect(source.contexts).toEqual([{ reason: 'unauthorized' }])
  })

  it('refreshes once for all whose token was refused, and says which token and whose', async () => {
    const source = createSource()
    const keeper = createTokenKeeper(source)
    const first = await keeper.current()
    const others = await Promise.all([1, 2, 3].map(() => keeper.insteadOf(first, 'account-1')))
    expect(new Set(others.map(({ accessToken }) => accessToken.reveal()))).toEqual(new Set(['token-2']))
    expect(await keeper.insteadOf(first)).toBe(others[0])
    expect(source.contexts.slice(1)).toEqual([
      { reason: 'unauthorized', previousAccountId: 'account-1', rejected: first.accessToken },
    ])
  })

  it('does not take a token back that was refused while the source was looking', async () => {
    const source = createSource()
    let answer: () => void = () => {}
    const looking = new Promise<void>((resolve) => {
      answer = resolve
    })
    const old = bearerTokens(new Secret('old'))
    const keeper = createTokenKeeper({ ...source, resolve: () => looking.then(() => old) })
    const late = keeper.current()
    const renewed = await keeper.insteadOf(old)
    answer()
    expect(await late).toBe(renewed)
  })

  it('asks again after a refresh that failed', async () => {
    const source = createSource()
    let isBroken = true
    const keeper = createTokenKeeper({
      refresh: async (context) => {
        if (isBroken) throw new Error('no luck')
        return source.refresh(context)
      },
    })
    expect(await caught(keeper.current())).toEqual(new Error('no luck'))
    isBroken = false
    expect((await keeper.current()).accessToken.reveal()).toBe('token-1')
  })
})
