import { chmod, link, lstat, mkdir, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createFileStore } from '../../src/stores/file.js'
import { authText, withTokens } from '../support/auth-document.js'
import { caught, caughtAuthError, caughtCode } from '../support/caught.js'
import { parseChatgpt } from '../support/signed-in.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import type { ChatgptCredential } from '../../src/core/index.js'

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)
const numbered = (number: number) => parseChatgpt(authText(withTokens({ refresh_token: `refresh-${number}` })))
const put = (store: ReturnType<typeof createFileStore>, credential: ChatgptCredential) =>
  store.update(async () => ({ write: credential, result: undefined }))

/** What is in a folder, apart from the lock file: that one stays, for others may be waiting on it. */
async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => !name.endsWith('.planpass-lock'))
}

async function fileStore(text?: string) {
  const folder = await temporaryFolder()
  const path = join(folder, 'auth.json')
  if (text !== undefined) await writeFile(path, text, { mode: 0o600 })
  return { folder, path, store: createFileStore(path) }
}

describe('a file store', () => {
  it('has nobody when there is no file, and no folder', async () => {
    const folder = await temporaryFolder()
    expect(await createFileStore(join(folder, 'auth.json')).read()).toBeUndefined()
    expect(await createFileStore(join(folder, 'deep', 'down', 'auth.json')).read()).toBeUndefined()
    expect(await namesIn(folder)).toEqual([])
  })

  it('reads what it wrote', async () => {
    const { store, path } = await fileStore()
    await put(store, numbered(1))
    expect((await store.read()) as ChatgptCredential).toMatchObject({ mode: 'chatgpt', accountId: 'account-ada' })
    expect(await readFile(path, 'utf8')).toBe(authText(withTokens({ refresh_token: 'refresh-1' })))
  })

  it('says where it is', async () => {
    const { store, path } = await fileStore()
    expect(store).toMatchObject({ kind: 'file' })
    expect(store.describe()).toBe(path)
  })

  it('keeps the file as it is when the change decides so, and leaves nothing beside it', async () => {
    const { store, folder, path } = await fileStore(authText())
    const before = await stat(path)
    expect(await store.update(async (current) => ({ keep: true, result: current?.mode }))).toBe('chatgpt')
    expect((await stat(path)).ino).toBe(before.ino)
    expect(await namesIn(folder)).toEqual(['auth.json'])
  })

  it('removes the file', async () => {
    const { store, folder } = await fileStore(authText())
    await store.update(async () => ({ remove: true, result: undefined }))
    expect(await namesIn(folder)).toEqual([])
    expect(await store.read()).toBeUndefined()
  })

  it('takes a file that somebody else has removed meanwhile for removed', async () => {
    const { store, path } = await fileStore(authText())
    await store.update(async () => {
      await rm(path)
      return { remove: true, result: undefined }
    })
    expect(await store.read()).toBeUndefined()
  })

  it('leaves everything as it was when the change throws', async () => {
    const { store, folder, path } = await fileStore(authText())
    const failure = new Error('no')
    const failing = store.update(async () => {
      throw failure
    })
    expect(await caught(failing)).toBe(failure)
    expect(await readFile(path, 'utf8')).toBe(authText())
    expect(await namesIn(folder)).toEqual(['auth.json'])
  })

  it('begins nothing for a signal that has aborted', async () => {
    const { store } = await fileStore(authText())
    const signal = AbortSignal.abort()
    expect(await caught(store.update(async () => ({ remove: true, result: undefined }), { signal }))).toBe(
      signal.reason,
    )
    expect(await store.read()).toBeDefined()
  })
})

describe('what is private', () => {
  const umask = process.umask()
  afterEach(() => void process.umask(umask))

  it('is the file, from its first byte, and each folder that had to be made, under any umask', async () => {
    process.umask(0)
    const folder = await temporaryFolder()
    const path = join(folder, 'home', 'profile', 'auth.json')
    const store = createFileStore(path)
    await store.update(async () => {
      const names = await readdir(join(folder, 'home', 'profile'))
      expect(names).toHaveLength(2)
      for (const name of names) expect(await modeOf(join(folder, 'home', 'profile', name))).toBe('600')
      return { write: numbered(1), result: undefined }
    })
    expect(await modeOf(path)).toBe('600')
    expect(await modeOf(join(folder, 'home'))).toBe('700')
    expect(await modeOf(join(folder, 'home', 'profile'))).toBe('700')
  })

  it('is made so again when it was open to all', async () => {
    const { store, path } = await fileStore(authText())
    await chmod(path, 0o644)
    await put(store, numbered(1))
    expect(await modeOf(path)).toBe('600')
  })

  it('is made so by whoever reads it, too, and its time stays', async () => {
    const { store, path } = await fileStore(authText())
    await chmod(path, 0o644)
    const revision = await store.revision?.()
    expect(await store.read()).toBeDefined()
    expect(await modeOf(path)).toBe('600')
    expect(await store.revision?.()).toBe(revision)
  })

  it('is the copy of a damaged file, too', async () => {
    process.umask(0)
    const { store, folder } = await fileStore('{')
    await caught(store.read())
    const copy = (await namesIn(folder)).find((name) => name.includes('corrupt')) ?? ''
    expect(await modeOf(join(folder, copy))).toBe('600')
  })
})

describe('a symbolic link', () => {
  async function linkedStore(text?: string) {
    const folder = await temporaryFolder()
    const [path, target] = [join(folder, 'auth.json'), join(folder, 'elsewhere', 'real.json')]
    await mkdir(join(folder, 'elsewhere'))
    if (text !== undefined) await writeFile(target, text)
    await symlink(join('elsewhere', 'real.json'), path)
    return { path, target, store: createFileStore(path) }
  }

  it('is followed: its target is replaced, and it stays', async () => {
    const { path, target, store } = await linkedStore(authText())
    await put(store, numbered(2))
    expect(await readlink(path)).toBe(join('elsewhere', 'real.json'))
    expect(await readFile(target, 'utf8')).toContain('refresh-2')
    expect(await modeOf(target)).toBe('600')
  })

  it('is followed to a target that is not there yet', async () => {
    const { path, target, store } = await linkedStore()
    await put(store, numbered(3))
    expect((await lstat(path)).isSymbolicLink()).toBe(true)
    expect(await readFile(target, 'utf8')).toContain('refresh-3')
  })

  it('is followed by a removal, which leaves no tokens behind it', async () => {
    const { target, store } = await linkedStore(authText())
    await store.update(async () => ({ remove: true, result: undefined }))
    expect(await caught(stat(target))).toMatchObject({ code: 'ENOENT' })
    await put(store, numbered(4))
    expect(await readFile(target, 'utf8')).toContain('refresh-4')
  })

  it('that goes in circles is an error, and no file', async () => {
    const folder = await temporaryFolder()
    await symlink('auth.json', join(folder, 'auth.json'))
    const store = createFileStore(join(folder, 'auth.json'))
    expect(await caughtCode(store.read())).toBe('ERR_STORE_READ')
    expect(await caughtCode(put(store, numbered(1)))).toMatch(/^ERR_STORE_/)
  })
})

it('separates itself from another hard link, as any atomic replacement does', async () => {
  const { store, path, folder } = await fileStore(authText())
  await link(path, join(folder, 'backup.json'))
  await put(store, numbered(5))
  expect(await readFile(join(folder, 'backup.json'), 'utf8')).toBe(authText())
})

describe('a damaged file', () => {
  it('is reported with the path of a copy, and stays as it is', async () => {
    const { store, path, folder } = await fileStore('{"tokens":')
    const error = await caughtAuthError(store.read())
    expect(error.code).toBe('ERR_STORE_CORRUPT')
    const copy = (await namesIn(folder)).find((name) => name !== 'auth.json') ?? ''
    expect(error.message).toContain(path)
    expect(error.message).toContain(join(folder, copy))
    expect(await readFile(join(folder, copy), 'utf8')).toBe('{"tokens":')
    expect(await readFile(path, 'utf8')).toBe('{"tokens":')
  })

  it('is copied once, however often it is read', async () => {
    const { store, folder } = await fileStore('{')
    for (let round = 0; round < 3; round += 1) await caught(store.read())
    expect(await namesIn(folder)).toHaveLength(2)
  })

  it('stops an update before it begins', async () => {
    const { store } = await fileStore('{')
    let isCalled = false
    const update = store.update(async () => {
      isCalled = true
      return { keep: true, result: undefined }
    })
    expect(await caughtCode(update)).toBe('ERR_STORE_CORRUPT')
    expect(isCalled).toBe(false)
  })

  it('is replaced when a sign-in says so, and its bytes are in the copy', async () => {
    const bytes = Buffer.concat([Buffer.from(authText()).subarray(0, 500), Buffer.from([0xc3, 0xff, 0x00])])
    const { store, path, folder } = await fileStore()
    await writeFile(path, bytes)
    const seen = await store.update(async (current) => ({ write: numbered(6), result: current }), {
      replaceCorrupt: true,
    })
    expect(seen).toBeUndefined()
    expect(await readFile(path, 'utf8')).toContain('refresh-6')
    const copy = (await namesIn(folder)).find((name) => name !== 'auth.json') ?? ''
    expect(await readFile(join(folder, copy))).toEqual(bytes)
  })

  it('is one whose bytes are no UTF-8, though JSON can be made of them', async () => {
    const { store, path } = await fileStore()
    const [before = '', after = ''] = authText().split('refresh-token-of-ada')
    await writeFile(path, Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)]))
    expect(await caughtCode(store.read())).toBe('ERR_STORE_CORRUPT')
  })

  it('is not replaced when no copy of it can be kept', async () => {
    const { store, path, folder } = await fileStore('{')
    await caught(store.read())
    const copy = (await namesIn(folder)).find((name) => name !== 'auth.json') ?? ''
    await rm(join(folder, copy))
    await mkdir(join(folder, copy))
    const replacing = store.update(async () => ({ write: numbered(7), result: undefined }), { replaceCorrupt: true })
    expect(await caughtCode(replacing)).toBe('ERR_STORE_CORRUPT')
    expect(await readFile(path, 'utf8')).toBe('{')
  })

  it('is reported at every truncation of a real one, byte by byte, and none is lost', async () => {
    const whole = Buffer.from(authText({ ...withTokens({ refresh_token: 'r' }), name: 'Zoë 🙂' }))
    const { store, path, folder } = await fileStore()
    for (let length = 0; length < whole.length; length += 1) {
      const bytes = whole.subarray(0, length)
      await writeFile(path, bytes)
      expect(await caughtCode(store.read()), `the first ${length} bytes`).toBe('ERR_STORE_CORRUPT')
      expect((await readFile(path)).equals(bytes)).toBe(true)
    }
    expect((await namesIn(folder)).length).toBe(whole.length + 1)
  })
})

describe('a file that cannot be read', () => {
  it.each([
    ['a folder stands in its place', async (path: string) => mkdir(path)],
    ['its folder is a file', async (path: string) => writeFile(join(path, '..', 'blocked'), '')],
  ])('is an error and never "nobody", when %s', async (_, prepare) => {
    const folder = await temporaryFolder()
    const path = join(folder, 'auth.json')
    await prepare(path)
    const isBlocked = (await namesIn(folder)).includes('blocked')
    const store = createFileStore(isBlocked ? join(folder, 'blocked', 'auth.json') : path)
    const error = await caughtAuthError(store.read())
    expect(error.code).toBe('ERR_STORE_READ')
    expect(error.message).toMatch(/\((EISDIR|ENOTDIR)\)/)
    expect(await caughtCode(put(store, numbered(1)))).toMatch(/^ERR_STORE_(READ|WRITE)$/)
  })
})

describe('a file that cannot be written', () => {
  it('is found out before the change runs', async () => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'blocked'), '')
    await symlink(join('blocked', 'auth.json'), join(folder, 'auth.json'))
    const store = createFileStore(join(folder, 'auth.json'))
    let isCalled = false
    const update = store.update(async () => {
      isCalled = true
      return { write: numbered(1), result: undefined }
    })
    expect(await caughtCode(update)).toMatch(/^ERR_STORE_/)
    expect(isCalled).toBe(false)
  })

  it('is an ERR_STORE_WRITE that leaves the old one, and nothing beside it', async () => {
    const { store, path, folder } = await fileStore(authText())
    const update = store.update(async () => {
      await rm(path)
      await mkdir(join(path, 'in the way'), { recursive: true })
      return { write: numbered(1), result: undefined }
    })
    const error = await caughtAuthError(update)
    expect(error.code).toBe('ERR_STORE_WRITE')
    expect(error.message).toContain(path)
    expect(await namesIn(folder)).toEqual(['auth.json'])
    expect(await readdir(path)).toEqual(['in the way'])
  })
})

describe('many at once', () => {
  it('take their turns: no update is lost', async () => {
    const { store } = await fileStore(authText(withTokens({ refresh_token: 'refresh-0' })))
    const increment = () =>
      store.update(async (current) => {
        const number = Number((current as ChatgptCredential).refreshToken?.reveal().split('-')[1])
        return { write: numbered(number + 1), result: number }
      })
    const numbers = await Promise.all(Array.from({ length: 30 }, increment))
    expect(numbers).toEqual(Array.from({ length: 30 }, (_, index) => index))
    expect(((await store.read()) as ChatgptCredential).refreshToken?.reveal()).toBe('refresh-30')
  })

  it('go on after one that failed', async () => {
    const { store } = await fileStore(authText())
    const failing = caught(
      store.update(async () => {
        throw new Error('no')
      }),
    )
    await put(store, numbered(8))
    await failing
    expect(((await store.read()) as ChatgptCredential).refreshToken?.reveal()).toBe('refresh-8')
  })

  it('read a whole file while it is replaced again and again', async () => {
    const { path, store } = await fileStore(authText())
    const writes = Array.from({ length: 60 }, (_, round) => put(store, numbered(round)))
    const written = Promise.all(writes).then(() => 'written')
    const reader = createFileStore(path)
    let reads = 0
    while ((await Promise.race([written, reader.read()])) !== 'written') {
      expect((await reader.read())?.mode).toBe('chatgpt')
      reads += 1
    }
    expect(reads).toBeGreaterThan(0)
  })
})
