import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  collectResponse,
  encodeChatStream,
  readResponseEvents,
  toChatCompletion,
  toChatCompletionChunks,
} from '../../src/backend/index.js'
import { readOpenAIQuestion } from '../../src/backend/serving.js'
import { isAuthError } from '../../src/core/index.js'

const folder = join(import.meta.dirname, '../fixtures/sse')
const chat = { model: 'gpt-5.5', includeUsage: true }
const messages = [{ role: 'user', content: 'Hi' }]

interface Told {
  readonly text: string
  /** Why there is no answer, or no whole one. */
  readonly code: string | undefined
}

/** What a question of the public API is told of a recorded answer that comes in pieces of so many bytes. */
function translated(api: 'responses' | 'chat', body: object, bytes: Uint8Array, pieceBytes: number): Told {
  let text = ''
  const { translate } = readOpenAIQuestion(api, { model: 'gpt-5.5', ...body })
  const translation = translate({
    handOn: (piece) => (text += new TextDecoder().decode(piece)),
    headers: () => new Headers(),
  })
  try {
    for (let at = 0; at < bytes.length; at += pieceBytes) translation.push(bytes.subarray(at, at + pieceBytes))
    translation.end()
    return { text, code: undefined }
  } catch (error) {
    return { text, code: isAuthError(error) ? error.code : String(error) }
  }
}

/** The same by the readers of the library. */
async function read(bytes: Uint8Array, tell: (response: Response) => Promise<string>): Promise<Told> {
  try {
    return { text: await tell(new Response(bytes.slice())), code: undefined }
  } catch (error) {
    return { text: '', code: isAuthError(error) ? error.code : String(error) }
  }
}

const kinds = {
  'a whole response': {
    ask: (bytes: Uint8Array, pieceBytes: number) => translated('responses', { input: 'Hi' }, bytes, pieceBytes),
    tell: async (response: Response) => JSON.stringify(await collectResponse(readResponseEvents(response))),
  },
  'a whole completion': {
    ask: (bytes: Uint8Array, pieceBytes: number) => translated('chat', { messages }, bytes, pieceBytes),
    tell: async (response: Response) =>
      JSON.stringify(toChatCompletion(await collectResponse(readResponseEvents(response)), chat)),
  },
  'the chunks of a completion': {
    ask: (bytes: Uint8Array, pieceBytes: number) =>
      translated('chat', { messages, stream: true, stream_options: { include_usage: true } }, bytes, pieceBytes),
    tell: (response: Response) =>
      new Response(encodeChatStream(toChatCompletionChunks(readResponseEvents(response), chat))).text(),
  },
}

describe.each(Object.entries(kinds))('an answer translated to %s', (_name, { ask, tell }) => {
  it.each([1, 7, 1000, 1_000_000])('is what reading it would tell, in pieces of %i bytes', async (pieceBytes) => {
    const recordings = (await readdir(folder)).filter((name) => name.endsWith('.sse'))
    expect(recordings.length).toBeGreaterThan(40)
    for (const name of recordings) {
      const bytes = await readFile(join(folder, name))
      const expected = await read(bytes, tell)
      const told = ask(bytes, pieceBytes)
      // Of a stream that breaks off, what came before has been told already.
      const text = expected.code === undefined ? told.text : ''
      expect({ name, ...told, text }).toEqual({ name, ...expected })
    }
  })
})

describe('a translation of a whole answer', () => {
  it('tells nothing before the last event, and yet says that the answer has begun', () => {
    const told: string[] = []
    const { translate } = readOpenAIQuestion('responses', { model: 'gpt-5.5', input: 'Hi' })
    const translation = translate({ handOn: (piece) => told.push(String(piece)), headers: () => new Headers() })
    translation.push(new TextEncoder().encode(': a comment\n\n'))
    expect(translation.hasBegun).toBe(false)
    translation.push(new TextEncoder().encode('event: response.created\ndata: {"type":"response.created"}\n\n'))
    expect({ told, hasBegun: translation.hasBegun, isOver: translation.isOver }).toEqual({
      told: [],
      hasBegun: true,
      isOver: false,
    })
  })
})
