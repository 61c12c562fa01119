import { setTimeout as sleep } from 'node:timers/promises'
import { createVaultWorker } from '../../dist/vault/index.js'
import { credentialOf, jwt, measuredUsers, tenant, userOf } from './filled-vault.mjs'

const issuerMs = 50
const concurrency = 50

/** One worker, whose issuer takes 50 ms for each refresh. */
export async function benchRefresh({ size, open }) {
  const vault = await open({ fetch: answerLater })
  try {
    await comeDue(vault)
    const startMs = performance.now()
    const outcomes = await createVaultWorker(vault, { batch: measuredUsers, concurrency }).runOnce()
    const seconds = (performance.now() - startMs) / 1000
    const refreshed = outcomes.filter(({ outcome }) => outcome === 'refreshed').length
    const most = (concurrency * 1000) / issuerMs
    const measured = `${Math.round(refreshed / seconds)}/s of at most ${most}/s`
    return [{ size, name: `refreshes of one worker, ${concurrency} at a time`, measured }]
  } finally {
    await vault.close()
  }
}

/** A minute before their tokens end. */
async function comeDue(vault) {
  const storing = Array.from({ length: measuredUsers }, (_, index) => {
    const write = credentialOf(index, Date.now() + 60_000)
    return vault.store({ tenant, user: userOf(index) }).update(async () => ({ write, result: undefined }))
  })
  await Promise.all(storing)
}

async function answerLater() {
  await sleep(issuerMs)
  const iat = Math.floor(Date.now() / 1000)
  const claims = { iat, exp: iat + 3600, filler: 'x'.repeat(620) }
  return Response.json({ access_token: jwt(claims), refresh_token: `rt_${crypto.randomUUID()}` })
}
