import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { builtCli } from '../support/cli-process.js'
import { createTokenCommand, type TokenCommand } from '../support/token-command.js'
import { type CodexLab, withCodexLab } from './codex-lab.js'

/** A codex that is not signed in, and a profile of `planpass` that is. */
interface ProviderLab extends CodexLab {
  /** Asks codex, whose provider gets its tokens from the command. */
  readonly exec: (command: string, args?: readonly string[]) => ReturnType<CodexLab['run']>
  /** `planpass`, as a shell script calls it. */
  readonly planpass: string
  readonly createCommand: (body: string) => Promise<TokenCommand>
}

async function withProviderLab(body: (lab: ProviderLab) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'planpass-provider-'))
  try {
    await withCodexLab({}, async (lab) => {
      await writeProfile(join(folder, 'default'), lab)
      const environment = {
        PLANPASS_HOME: folder,
        PLANPASS_ISSUER: lab.listener.issuer,
        PLANPASS_BACKEND_URL: lab.listener.backendUrl,
      }
      const exec: ProviderLab['exec'] = (command, args = []) => {
        const provider = toToml({ baseUrl: `${lab.listener.backendUrl}/codex`, command, args })
        const line = ['exec', '--skip-git-repo-check', '-c', 'model_provider="corp"', '-c', provider, 'say hi']
        return lab.run(line, environment)
      }
      await body({
        ...lab,
        exec,
        planpass: `'${process.execPath}' '${builtCli()}'`,
        createCommand: (script) => createTokenCommand(folder, `PATH=/usr/bin:/bin\n${script}`),
      })
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function writeProfile(folder: string, { emulator, listener }: CodexLab): Promise<void> {
  const { idToken, accessToken, refreshToken, account } = await emulator.issueTokens()
  const provenance = { issuer: listener.issuer, client_id: 'app_EMoamEEZ73f0CkXaXp7hrann' }
  const tokens = { id_token: idToken, access_token: accessToken, refresh_token: refreshToken }
  const file = {
    auth_mode: 'chatgpt',
    tokens: { ...tokens, account_id: account.accountId, oauth_provenance: provenance },
    last_refresh: new Date().toISOString(),
  }
  await mkdir(folder, { mode: 0o700 })
  await writeFile(join(folder, 'auth.json'), JSON.stringify(file), { mode: 0o600 })
}

/** Plain http on loopback is enough for a provider of one's own (real-codex 14). */
function toToml({ baseUrl, command, args }: { baseUrl: string; command: string; args: readonly string[] }): string {
  const auth = `{ command = ${JSON.stringify(command)}, args = ${JSON.stringify(args)} }`
  return `model_providers.corp={ name = "Corp", base_url = "${baseUrl}", wire_api = "responses", auth = ${auth} }`
}

function answers({ emulator }: CodexLab): string[] {
  return emulator.log
    .filter(({ endpoint, method }) => endpoint === 'responses' && method === 'POST')
    .map(({ status }) => String(status))
}

describe('codex with `planpass token` as the auth command of a provider', () => {
  it('gets its answer, without a sign-in of its own', async () => {
    await withProviderLab(async (lab) => {
      const asked = await lab.exec(process.execPath, [builtCli(), 'token'])
      expect(asked).toMatchObject({ exitCode: 0, stdout: 'You said: say hi\n' })
      expect(answers(lab)).toEqual(['200'])
      expect(await lab.home.readAuth()).toBeUndefined()
      expect(lab.emulator.counters.refresh.ok).toBe(0)
    })
  })

  it('asks again after a 401, and is handed a token that the server takes', async () => {
    await withProviderLab(async (lab) => {
      lab.emulator.expireAccessTokens()
      const command = await lab.createCommand(
        `[ "$(wc -l < "$CALLS")" -eq 1 ] || VERIFY=--verify\nexec ${lab.planpass} token $VERIFY`,
      )
      expect(await lab.exec(command.path)).toMatchObject({ exitCode: 0, stdout: 'You said: say hi\n' })
      expect(answers(lab)).toEqual(['401', '200'])
      expect(await command.calls()).toHaveLength(2)
      expect(lab.emulator.counters.refresh.ok).toBe(1)
    })
  })

  it('needs no second call when the command verifies each time', async () => {
    await withProviderLab(async (lab) => {
      lab.emulator.expireAccessTokens()
      const asked = await lab.exec(process.execPath, [builtCli(), 'token', '--verify'])
      expect(asked).toMatchObject({ exitCode: 0, stdout: 'You said: say hi\n' })
      expect(answers(lab)).toEqual(['200'])
      expect(lab.emulator.counters.refresh).toMatchObject({ ok: 1, reused: 0 })
    })
  })

  it('is told on its standard error why there is no token', async () => {
    await withProviderLab(async (lab) => {
      lab.emulator.expireAccessTokens()
      const command = await lab.createCommand(`PLANPASS_HOME="$PWD/nowhere" exec ${lab.planpass} token`)
      const { exitCode, stderr } = await lab.exec(command.path)
      expect(exitCode).toBe(1)
      expect(stderr).toMatch(/exited with status exit status: 3: .*Nobody is signed in/)
    })
  })
})
