import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { withSecretService, type SecretService } from '../support/secret-service.js'

interface Report {
  readonly result?: unknown
  readonly code?: string
  readonly message?: string
  readonly tookMs: number
}

type Store = 'keyring' | 'encrypted-file'
type Action = 'read' | 'write' | 'remove' | 'conformance'

const program = join(import.meta.dirname, '../support/keyring-program.mjs')

/** One process that does one thing, with the built package and the real addon. */
async function run(
  { environment, folder }: Pick<SecretService, 'environment' | 'folder'>,
  store: Store,
  action: Action,
): Promise<Report> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, store, action, join(folder, 'state')], {
    env: environment,
  })
  return JSON.parse(stdout) as Report
}

const stores: readonly Store[] = ['keyring', 'encrypted-file']

describe.each(stores)('the %s on a Secret Service', (store) => {
  it('keeps its promises', async () => {
    await withSecretService(async (service) => {
      await service.startKeyring()
      const report = await run(service, store, 'conformance')
      expect(report.result).toEqual({ ran: expect.any(Number), failures: [] })
    })
  })

  it('has in one process what another wrote, and nothing after a third removed it', async () => {
    await withSecretService(async (service) => {
      await service.startKeyring()
      const results: unknown[] = []
      for (const action of ['read', 'write', 'read', 'remove', 'read'] as const) {
        results.push((await run(service, store, action)).result)
      }
      expect(results).toEqual(['nothing', 'written', 'something', 'removed', 'nothing'])
    })
  })

  it('says that a locked collection is locked, and waits for nobody', async () => {
    await withSecretService(async (service) => {
      await service.startKeyring()
      await run(service, store, 'write')
      await service.lockKeyring()
      const report = await run(service, store, 'read')
      expect(report).toMatchObject({ code: 'ERR_STORE_KEYRING_LOCKED', message: expect.stringContaining('is locked') })
      expect(report.tookMs).toBeLessThan(3000)
    })
  })

  it('says that there is no Secret Service on the bus', async () => {
    await withSecretService(async (service) => {
      const report = await run(service, store, 'write')
      expect(report.code).toBe('ERR_STORE_KEYRING_UNAVAILABLE')
      expect(report.message).toContain('no Secret Service')
    })
  })

  it('says at once that there is no D-Bus session', async () => {
    await withSecretService(async ({ environment, folder }) => {
      const { DBUS_SESSION_BUS_ADDRESS: _, XDG_RUNTIME_DIR: __, ...withoutBus } = environment
      const report = await run({ environment: withoutBus, folder }, store, 'write')
      expect(report.code).toBe('ERR_STORE_KEYRING_UNAVAILABLE')
      expect(report.message).toContain('no D-Bus session')
      expect(report.tookMs).toBeLessThan(1000)
    })
  })

  it('says that a bus does not answer, within its limit, and ends', async () => {
    const startMs = performance.now()
    await withSecretService(
      async (service) => {
        const report = await run(service, store, 'write')
        expect(report.code).toBe('ERR_STORE_KEYRING_TIMEOUT')
        expect(report.tookMs).toBeLessThan(4000)
      },
      { isBusMute: true },
    )
    expect(performance.now() - startMs).toBeLessThan(6000)
  })

  it('says that a keyring does not answer, within its limit', async () => {
    await withSecretService(async (service) => {
      await service.startKeyring()
      await run(service, store, 'write')
      service.freezeKeyring()
      const report = await run(service, store, 'read')
      expect(report.code).toBe('ERR_STORE_KEYRING_TIMEOUT')
      expect(report.tookMs).toBeLessThan(4000)
    })
  })
})

describe('an encrypted file whose key is in a Secret Service', () => {
  it('holds the only copy of the tokens: what lies on the disk is encrypted', async () => {
    await withSecretService(async (service) => {
      await service.startKeyring()
      await run(service, 'encrypted-file', 'write')
      const text = await readFile(join(service.folder, 'state/default/auth.json'), 'utf8')
      expect(JSON.parse(text)).toMatchObject({ planpass: 'encrypted-credential', key: { kind: 'source' } })
      expect(text).not.toContain('refresh-token-first')
    })
  })
})
