import { isAuthError, serializeAuthFile } from '../core/index.js'
import type { Change, ChatgptCredential, Credential, CredentialStore } from '../core/index.js'
import { sampleAuthText, sampleSecrets } from './sample-auth-text.js'
import {
  afterPatience,
  chatgpt,
  damaged,
  expectEqual,
  expectSame,
  expectTrue,
  gate,
  markOf,
  nextTask,
  sample,
  thrownBy,
  unreachable,
} from './store-expectations.js'

/** A store under test, empty at first, and what only its maker knows how to do with it. */
export interface StoreUnderTest {
  readonly store: CredentialStore
  /** Another instance over the same place, as another process would have; the same one where a store ends with its process. */
  readonly reopen: () => Promise<CredentialStore>
  /** Puts `document` where the store keeps its own, behind its back. Left out where nobody can, as in memory. */
  readonly plant?: (document: string) => Promise<void>
  readonly dispose: () => Promise<void>
}

/** One promise of `CredentialStore`. */
export interface StoreConformanceCase {
  /** A sentence in the present tense. */
  readonly name: string
  /** True for the promises about documents that another program wrote or damaged; they need `plant`. */
  readonly needsPlant: boolean
  /** Makes a store, tries it, disposes of it. Throws an `Error` that says what was expected and what came. */
  readonly run: (make: () => Promise<StoreUnderTest>) => Promise<void>
}

type Check = (underTest: StoreUnderTest) => Promise<void>
type Plant = (document: string) => Promise<void>

/**
 * What every `CredentialStore` promises, as cases for any test runner:
 *
 * ```ts
 * for (const { name, run } of credentialStoreConformance) it(name, () => run(makeMyStore))
 * ```
 */
export const credentialStoreConformance: readonly StoreConformanceCase[] = [
  promise('reads nothing where nothing was stored', async ({ store }) => {
    expectEqual(await store.read(), undefined, 'what is read')
    await store.update(async (current) => {
      expectEqual(current, undefined, 'what a change is given')
      return { keep: true, result: undefined }
    })
  }),

  promise('gives back what was written, members it does not know included', async ({ store }) => {
    await write(store, sample('first'))
    expectSame(await store.read(), sample('first'))
  }),

  promise('gives a change what the last one wrote', async ({ store }) => {
    await write(store, sample('first'))
    await write(store, sample('second'))
    await store.update(async (current) => {
      expectSame(current, sample('second'))
      return { keep: true, result: undefined }
    })
  }),

  promise('keeps what is stored when a change keeps it', async ({ store }) => {
    await write(store, sample('first'))
    await store.update(async () => ({ keep: true, result: undefined }))
    expectSame(await store.read(), sample('first'))
  }),

  promise('holds nothing after a change removed it, and takes the next write', async ({ store }) => {
    await write(store, sample('first'))
    await remove(store)
    expectEqual(await store.read(), undefined, 'what is read after a removal')
    await write(store, sample('second'))
    expectSame(await store.read(), sample('second'))
  }),

  promise('removes nothing without complaint', async ({ store }) => {
    await remove(store)
    expectEqual(await store.read(), undefined, 'what is read')
  }),

  promise('passes on the result of a change, whatever was decided', async ({ store }) => {
    const written = await store.update(async () => ({ write: sample('first'), result: 'written' }))
    const kept = await store.update(async () => ({ keep: true, result: 'kept' }))
    const removed = await store.update(async () => ({ remove: true, result: 'removed' }))
    expectEqual([written, kept, removed].join(), 'written,kept,removed', 'the results')
  }),

  promise('leaves everything as it was when a change throws, and throws the same', async ({ store }) => {
    await write(store, sample('first'))
    const mine = new Error('the change failed')
    const error = await thrownBy(
      store.update(async () => {
        throw mine
      }),
    )
    expectEqual(error, mine, 'what is thrown')
    expectSame(await store.read(), sample('first'))
  }),

  promise('goes on after a change that threw', async ({ store }) => {
    await thrownBy(store.update(() => Promise.reject(new Error('the change failed'))))
    await write(store, sample('first'))
    expectSame(await store.read(), sample('first'))
  }),

  promise('lets parallel updates take turns', async ({ store, reopen }) => {
    const other = await reopen()
    const running = { now: 0, most: 0 }
    const enter = async () => {
      running.now += 1
      running.most = Math.max(running.most, running.now)
      await nextTask()
      running.now -= 1
      return { keep: true as const, result: undefined }
    }
    await Promise.all([store, other, store, other, store, other].map((each) => each.update(enter)))
    expectEqual(running.most, 1, 'the most changes that ran at once')
  }),

  promise('loses no parallel update', async ({ store, reopen }) => {
    const other = await reopen()
    await write(store, sample(''))
    await Promise.all([append(store, 'a'), append(other, 'b'), append(store, 'c'), append(other, 'd')])
    expectEqual(
      markOf(await store.read())
        .split('')
        .toSorted()
        .join(''),
      'abcd',
      'the marks of four updates',
    )
  }),

  promise('is read by another instance, after writes and removals', async ({ store, reopen }) => {
    await write(store, sample('first'))
    const other = await reopen()
    expectSame(await other.read(), sample('first'))
    await write(other, sample('second'))
    expectSame(await store.read(), sample('second'))
    await remove(other)
    expectEqual(await store.read(), undefined, 'what is read after the other instance removed it')
  }),

  promise('lets a change announce that it is about to spend a refresh token', async ({ store }) => {
    await write(store, sample('first'))
    await store.update(async (_, context) => {
      await context.announce({ tokenFingerprint: '0123456789abcdef', reason: 'conformance', atMs: 0 })
      return { write: sample('second'), result: undefined }
    })
    expectSame(await store.read(), sample('second'))
  }),

  promise('does not run a change whose signal has aborted', async ({ store }) => {
    const reason = new Error('no longer wanted')
    const unwanted = store.update(() => unreachable(), { signal: AbortSignal.abort(reason) })
    expectEqual(await thrownBy(unwanted), reason, 'what is thrown')
  }),

  promise('ends the wait for a turn when the signal aborts, and never runs that change', async ({ store }) => {
    const [holding, release] = gate()
    const [entered, enter] = gate()
    const holder = store.update(async () => {
      enter()
      await holding
      return { write: sample('first'), result: undefined }
    })
    await Promise.race([entered, holder])
    const waiting = new AbortController()
    const reason = new Error('no longer wanted')
    const unwanted = thrownBy(store.update(() => unreachable(), { signal: waiting.signal }))
    await nextTask()
    waiting.abort(reason)
    const error = await Promise.race([unwanted, afterPatience('nothing within a second')])
    release()
    await holder
    expectEqual(error, reason, 'what is thrown')
    await write(store, sample('second'))
    expectSame(await store.read(), sample('second'))
  }),

  promise('describes itself for people, and says nothing secret', async ({ store }) => {
    await write(store, sample('first'))
    const words = `${store.kind} ${store.describe()}`
    expectTrue(store.kind !== '' && store.describe() !== '', 'a kind and a description')
    expectTrue(!sampleSecrets('first').some((secret) => words.includes(secret)), 'a description without a token in it')
  }),

  promise('has another revision after every change, if it has any', async ({ store, reopen }) => {
    if (!store.revision) return
    const other = await reopen()
    expectEqual(await store.revision(), undefined, 'the revision of nothing')
    const revisions: (string | undefined)[] = []
    for (const [index, each] of [store, other, store, other].entries()) {
      await write(each, sample(`change ${index}`))
      revisions.push(await store.revision())
    }
    expectEqual(new Set(revisions).size, 4, 'the number of revisions after four changes')
    expectTrue(!revisions.includes(undefined), 'a revision while something is stored')
    expectEqual(await store.revision(), revisions.at(-1), 'the revision when nothing changed')
    await remove(other)
    expectEqual(await store.revision(), undefined, 'the revision after a removal')
  }),

  planted('reads the modes it does not use', async ({ store }, plant) => {
    await plant('{"auth_mode":"apikey","OPENAI_API_KEY":"sk-conformance"}')
    expectEqual((await store.read())?.mode, 'apikey', 'the mode')
  }),

  planted('keeps members it does not know when it writes', async ({ store }, plant) => {
    await plant(sampleAuthText('planted'))
    await store.update(async (current) => ({ write: { ...chatgpt(current), lastRefreshMs: 1 }, result: undefined }))
    const text = serializeAuthFile(chatgpt(await store.read()))
    expectTrue(text.includes('"unknown_member"') && text.includes('"unknown_token_member"'), 'the unknown members')
  }),

  planted('calls a damaged document ERR_STORE_CORRUPT, and quotes nothing of it', async ({ store }, plant) => {
    await plant(damaged())
    for (const attempt of [() => store.read(), () => store.update(() => unreachable())]) {
      const error = await thrownBy(attempt())
      expectEqual(isAuthError(error) && error.code, 'ERR_STORE_CORRUPT', 'the code')
      expectTrue(
        !sampleSecrets('damaged').some((secret) => String(error).includes(secret)),
        'a message without a token',
      )
    }
  }),

  planted('replaces a damaged document only when told to', async ({ store }, plant) => {
    await plant(damaged())
    await store.update(writeWhereNothingIs, { replaceCorrupt: true })
    expectSame(await store.read(), sample('second'))
  }),
]

function promise(name: string, check: Check): StoreConformanceCase {
  return { name, needsPlant: false, run: (make) => withStore(make, check) }
}

function planted(
  name: string,
  check: (underTest: StoreUnderTest, plant: Plant) => Promise<void>,
): StoreConformanceCase {
  const checkPlanted: Check = async (underTest) => {
    if (!underTest.plant) throw new Error('This case needs `plant`; leave out the cases that do where there is none.')
    await check(underTest, (document) => underTest.plant?.(document) ?? unreachable())
  }
  return { name, needsPlant: true, run: (make) => withStore(make, checkPlanted) }
}

async function withStore(make: () => Promise<StoreUnderTest>, check: Check): Promise<void> {
  const underTest = await make()
  try {
    await check(underTest)
  } finally {
    await underTest.dispose()
  }
}

function write(store: CredentialStore, credential: ChatgptCredential): Promise<void> {
  return store.update(async () => ({ write: credential, result: undefined }))
}

function remove(store: CredentialStore): Promise<void> {
  return store.update(async () => ({ remove: true, result: undefined }))
}

/** Adds to the mark of what is stored. */
function append(store: CredentialStore, mark: string): Promise<void> {
  return store.update(async (current) => ({ write: sample(`${markOf(current)}${mark}`), result: undefined }))
}

async function writeWhereNothingIs(current: Credential | undefined): Promise<Change<void>> {
  expectEqual(current, undefined, 'what the change is given')
  return { write: sample('second'), result: undefined }
}
