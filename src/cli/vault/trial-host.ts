import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose'
import { AuthError, parseJsonObject } from '../../core/index.js'
import type { HostTrust } from '../../vault/index.js'
import type { Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { defaultAudience } from './serve-vault.js'

const algorithm = 'ES256'
const keyName = 'trial-host.json'
const tenant = 'trial'
const issuer = 'planpass-vault-trial'

export function readTrialFolder({ options }: Invocation): string {
  return options.text('folder') ?? 'planpass-vault-trial'
}

/** The host of a trial: its key lies in the trial's folder, and is made there. */
export async function makeTrialHost(folder: string): Promise<HostTrust> {
  const { d: _private, ...publicKey } = (await readKey(folder)) ?? (await makeKey(folder))
  return { issuer, tenants: [tenant], keys: { keys: [{ ...publicKey, kty: 'EC' }] } }
}

async function makeKey(folder: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const key = await exportJWK(privateKey)
  await writeFile(join(folder, keyName), JSON.stringify(key), { mode: 0o600, flag: 'wx' })
  return key
}

/** `undefined` where there is none yet. */
async function readKey(folder: string): Promise<JWK | undefined> {
  try {
    return parseJsonObject(await readFile(join(folder, keyName), 'utf8'))
  } catch {
    return undefined
  }
}

/** A token as a host would sign it, for one user and five minutes. */
export async function printHostToken(invocation: Invocation): Promise<number> {
  const { host, options } = invocation
  const key = await readKey(readTrialFolder(invocation))
  if (!key) {
    throw new AuthError('ERR_CONFIG_USAGE', 'There is no trial of the vault in this folder.', {
      advice: 'Run `planpass vault try` first, or name its folder with --folder.',
    })
  }
  const nowSeconds = Math.floor(host.clock.now() / 1000)
  const token = await new SignJWT({ tenant, sub: options.text('user') ?? 'me', jti: crypto.randomUUID() })
    .setProtectedHeader({ alg: algorithm })
    .setIssuer(issuer)
    .setAudience(options.text('audience') ?? defaultAudience)
    .setIssuedAt(nowSeconds)
    .setExpirationTime(nowSeconds + 300)
    .sign(await importJWK(key, algorithm))
  host.stdout.write(`${token}\n`)
  return exitCodes.ok
}
