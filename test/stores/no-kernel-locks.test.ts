import { readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createFileStore } from '../../src/stores/file.js'
import { authText } from '../support/auth-document.js'
import { caughtAuthError } from '../support/caught.js'
import { temporaryFolder } from '../support/temporary-folder.js'

/** What `tryLock` does in the test that runs. */
const addon = vi.hoisted(() => ({ tryLock: (): boolean => true }))
vi.mock('fs-native-extensions', () => ({ tryLock: () => addon.tryLock() }))
afterEach(() => void (addon.tryLock = () => true))

const keep = async () => ({ keep: true, result: 'done' }) as const

function failWith(code: string): void {
  addon.tryLock = () => {
    throw Object.assign(new Error(code), { code })
  }
}

async function storeOf(lock: 'auto' | 'kernel') {
  const path = join(await temporaryFolder(), 'auth.json')
  await writeFile(path, authText(), { mode: 0o600 })
  return { path, store: createFileStore(path, { lock }) }
}

describe('a file system without locks', () => {
  it.each(['ENOLCK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EINVAL'])('that says %s is met with a lease', async (code) => {
    failWith(code)
    const { path, store } = await storeOf('auto')
    expect(await store.update(keep)).toBe('done')
    expect(await readdir(dirname(path))).toContain('auth.json.planpass-lease.1')
  })

  it('is refused by whoever asks for the lock of the kernel', async () => {
    failWith('ENOLCK')
    const { store } = await storeOf('kernel')
    expect(await caughtAuthError(store.update(keep))).toMatchObject({
      code: 'ERR_STORE_WRITE',
      advice: "Use the lock 'lease' or 'auto'.",
    })
  })

  it('is not what any other failure means', async () => {
    failWith('EIO')
    const { path, store } = await storeOf('auto')
    expect((await caughtAuthError(store.update(keep))).message).toContain('cannot be written (EIO)')
    expect(await readdir(dirname(path))).not.toContain('auth.json.planpass-lease.1')
  })
})
