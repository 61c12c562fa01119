import { describe, expect, it } from 'vitest'
import { batched } from '../../src/vault/batched.js'

/** Answers when it is told to. */
function createOracle() {
  const asked: { questions: readonly number[]; settle: (error?: Error) => void }[] = []
  const ask = (questions: readonly number[]) =>
    new Promise<number[]>((resolve, reject) => {
      const settle = (error?: Error) => (error ? reject(error) : resolve(questions.map((each) => each * 10)))
      asked.push({ questions, settle })
    })
  return { asked, ask }
}

const nextTask = () => new Promise((resolve) => setImmediate(resolve))

describe('what is asked at the same time', () => {
  it('goes out together, and to each comes its own answer', async () => {
    const { asked, ask } = createOracle()
    const askOne = batched(ask, { most: 10, lanes: 1 })
    const answers = Promise.all([1, 2, 3].map(askOne))
    await nextTask()
    const later = askOne(4)
    await nextTask()
    expect(asked.map(({ questions }) => questions)).toEqual([[1, 2, 3]])
    asked[0]?.settle()
    expect(await answers).toEqual([10, 20, 30])
    await nextTask()
    asked[1]?.settle()
    expect(await later).toBe(40)
  })

  it('goes out in batches of a size, over as many lanes as there are', async () => {
    const { asked, ask } = createOracle()
    const answers = Promise.all([1, 2, 3, 4, 5].map(batched(ask, { most: 2, lanes: 2 })))
    await nextTask()
    expect(asked.map(({ questions }) => questions)).toEqual([
      [1, 2],
      [3, 4],
    ])
    for (const { settle } of asked) settle()
    await nextTask()
    asked[2]?.settle()
    expect(await answers).toEqual([10, 20, 30, 40, 50])
  })

  it('is spread over the lanes, so that nobody waits for all the others', async () => {
    const { asked, ask } = createOracle()
    const answers = Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(batched(ask, { most: 64, lanes: 3 })))
    await nextTask()
    expect(asked.map(({ questions }) => questions.length)).toEqual([3, 3, 2])
    for (const { settle } of asked) settle()
    expect(await answers).toEqual([10, 20, 30, 40, 50, 60, 70, 80])
  })

  it('fails together, and the next batch goes out all the same', async () => {
    const { asked, ask } = createOracle()
    const askOne = batched(ask, { most: 2, lanes: 1 })
    const settled = Promise.allSettled([1, 2, 3].map(askOne))
    await nextTask()
    asked[0]?.settle(new Error('cut'))
    await nextTask()
    asked[1]?.settle()
    expect((await settled).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled'])
  })
})
