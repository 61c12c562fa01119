export interface BatchedOptions {
  /** How many questions go out together at the most. */
  readonly most: number
  /** How many batches are under way at the most. */
  readonly lanes: number
}

interface Waiting<Question, Answer> {
  readonly question: Question
  readonly resolve: (answer: Answer | undefined) => void
  readonly reject: (reason: unknown) => void
}

/**
 * Asks what is asked at the same time in one go. Nobody waits for company: what is there when nothing else is to be done goes out, as long as
 * a lane is free; what comes while none is goes out together.
 *
 * @param ask Answers in the order of the questions.
 */
export function batched<Question, Answer>(
  ask: (questions: readonly Question[]) => Promise<readonly Answer[]>,
  { most, lanes }: BatchedOptions,
): (question: Question) => Promise<Answer | undefined> {
  let waiting: Waiting<Question, Answer>[] = []
  let underWay = 0
  let isPlanned = false

  function plan(): void {
    if (isPlanned || underWay >= lanes || waiting.length === 0) return
    isPlanned = true
    // After everybody who has just been answered has gone on, and perhaps asked again.
    process.nextTick(() => {
      isPlanned = false
      // Spread over the lanes that are free: all in one would all wait for one another from then on.
      const size = Math.min(most, Math.ceil(waiting.length / (lanes - underWay)))
      void send(waiting.slice(0, size))
      waiting = waiting.slice(size)
      plan()
    })
  }

  async function send(batch: readonly Waiting<Question, Answer>[]): Promise<void> {
    underWay += 1
    try {
      const answers = await ask(batch.map(({ question }) => question))
      for (const [index, { resolve }] of batch.entries()) resolve(answers[index])
    } catch (error) {
      for (const { reject } of batch) reject(error)
    } finally {
      underWay -= 1
      plan()
    }
  }

  return (question) =>
    new Promise((resolve, reject) => {
      waiting.push({ question, resolve, reject })
      plan()
    })
}
