import { readModels, streamResponse, textDelta, tokenUsage } from '../../backend/index.js'
import type { BackendSession, TokenUsage } from '../../backend/index.js'
import { AuthError } from '../../core/index.js'
import { openBackend, type BackendAccess } from '../backend-session.js'
import type { CommandRun, Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { openProfile, type Profile } from '../open-profile.js'

const instructions = 'You are a helpful assistant in a terminal. Answer briefly.'

/** Streams an answer to stdout; with `--json`, one event a line: `text`, then `completed`. */
export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  const prompt = await readPrompt(invocation)
  const profile = openProfile(invocation)
  const access = await openBackend(invocation, profile)
  if (access.mode !== 'personalAccessToken') await profile.session.credential({ signal: host.interrupted })
  const model = options.text('model') ?? (await firstModel(access.session, profile, invocation))
  const input = [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: prompt }] }]
  const print = options.isSet('json') ? jsonPrinter(invocation, model, access.mode) : textPrinter(invocation, model)
  const streamOptions = { clock: host.clock, signal: host.interrupted }
  try {
    for await (const event of streamResponse(access.session, { model, instructions, input }, streamOptions)) {
      const delta = textDelta(event)
      if (delta !== undefined) print.text(delta)
      if (event.type === 'response.completed' || event.type === 'response.incomplete') print.end(tokenUsage(event))
    }
  } catch (error) {
    print.breakOff()
    throw error
  }
  return exitCodes.ok
}

async function readPrompt({ host, arguments: words }: Invocation): Promise<string> {
  const prompt = words.length > 0 ? words.join(' ') : host.stdin.isTerminal ? '' : await host.stdin.readAll()
  if (prompt.trim() !== '') return prompt
  throw new AuthError('ERR_CONFIG_USAGE', 'There is nothing to ask.', {
    advice: 'Write the prompt behind `planpass ask`, or pipe it in.',
  })
}

async function firstModel(session: BackendSession, { cache }: Profile, { host }: Invocation): Promise<string> {
  const { models } = await readModels(session, { cache, clock: host.clock, signal: host.interrupted })
  const [first] = models
  if (first) return first.id
  throw new AuthError('ERR_UPSTREAM_MODEL_NOT_AVAILABLE', 'The backend lists no models for this account.', {
    advice: 'Name one with --model.',
  })
}

interface Printer {
  text(delta: string): void
  end(usage: TokenUsage | undefined): void
  /** The answer ends here, without its end. */
  breakOff(): void
}

function textPrinter({ host }: Invocation, model: string): Printer {
  let isInLine = false
  return {
    text: (delta) => {
      host.stdout.write(delta)
      isInLine = !delta.endsWith('\n')
    },
    end: (usage) => {
      host.stdout.write('\n')
      if (host.stderr.isTerminal) host.stderr.write(`${model}${usage ? ` · ${usageInWords(usage)}` : ''}\n`)
    },
    breakOff: () => {
      if (isInLine && host.stdout.isTerminal) host.stdout.write('\n')
    },
  }
}

function jsonPrinter({ host }: Invocation, model: string, mode: BackendAccess['mode']): Printer {
  const print = (event: object) => host.stdout.write(`${JSON.stringify(event)}\n`)
  let text = ''
  return {
    text: (delta) => {
      text += delta
      print({ event: 'text', delta })
    },
    end: (usage) => print({ event: 'completed', model, mode, text, usage: usage ?? null }),
    breakOff: () => {},
  }
}

function usageInWords({ inputTokens, cachedInputTokens, outputTokens }: TokenUsage): string {
  const cached = cachedInputTokens ? ` (${cachedInputTokens} cached)` : ''
  return `${inputTokens ?? '?'} tokens in${cached}, ${outputTokens ?? '?'} out`
}
