import type { AnswerCache } from '../backend/index.js'
import { isJsonObject, parseJsonObject, readNumber, readString, type Clock, type JsonObject } from '../core/index.js'
import type { TokenCounts, TokensAnswer } from './console-api.js'
import { addTokens, noTokens, type AnswerTokens } from './token-counts.js'
import type { Writable } from './writable.js'

/** What was used by whom, day by day, on this machine. */
export interface TokenLedger {
  add(client: string, model: string, tokens: AnswerTokens): void
  /** In and out, since midnight UTC. */
  usedToday(client: string): number
  report(days: number): TokensAnswer
  /** Keeps what has not been kept yet. */
  close(): Promise<void>
}

interface RowName {
  readonly day: string
  readonly client: string
  readonly model: string
}

/** Added to in place: every request does it. */
type Row = RowName & Writable<TokenCounts>

const dayMs = 24 * 60 * 60 * 1000
const keptDays = 90
const cacheName = 'tokens'
/** What a crash may lose. */
const saveDelayMs = 1000

/** What was counted before, going on with it; what is counted now outlives the process. */
export async function openTokenLedger(clock: Clock, cache: AnswerCache): Promise<TokenLedger> {
  return createTokenLedger(clock, cache, parseRows(await cache.read(cacheName)))
}

/** @param cache Where the counts outlive the process; they are forgotten with it when there is none. */
export function createTokenLedger(clock: Clock, cache?: AnswerCache, known: readonly Row[] = []): TokenLedger {
  const rows = new Map(known.map((row) => [keyOf(row), row]))
  const closed = new AbortController()
  let hasMore = false
  let saving: Promise<void> | undefined

  let lastDay = { number: NaN, text: '' }
  const since = (days: number) => toDay(clock.now() - (days - 1) * dayMs)

  /** Written once a day, since every request asks for it. */
  function today(): string {
    const number = Math.floor(clock.now() / dayMs)
    if (number !== lastDay.number) lastDay = { number, text: toDay(number * dayMs) }
    return lastDay.text
  }

  function rowOf(name: RowName): Row {
    const key = keyOf(name)
    const row = rows.get(key) ?? { ...name, ...noTokens }
    rows.set(key, row)
    return row
  }

  async function save(): Promise<void> {
    while (hasMore) {
      await clock.sleep(saveDelayMs, closed.signal).catch(() => undefined)
      hasMore = false
      for (const [key, { day }] of rows) if (day < since(keptDays)) rows.delete(key)
      await cache?.write(cacheName, JSON.stringify({ rows: [...rows.values()] }))
    }
    saving = undefined
  }

  return {
    add(client, model, tokens) {
      const row = rowOf({ day: today(), client, model })
      row.requests += 1
      row.inputTokens += tokens.inputTokens
      row.cachedTokens += tokens.cachedTokens
      row.outputTokens += tokens.outputTokens
      row.reasoningTokens += tokens.reasoningTokens
      hasMore = true
      saving ??= save()
    },
    usedToday(client) {
      const day = today()
      const { inputTokens, outputTokens } = sum(
        [...rows.values()].filter((row) => row.day === day && row.client === client),
      )
      return inputTokens + outputTokens
    },
    report(days) {
      const first = since(days)
      const counted = [...rows.values()].filter(({ day }) => day >= first)
      return {
        since: first,
        total: sum(counted),
        byModel: groupBy(counted, 'model').map(([model, counts]) => ({ model, ...counts })),
        byClient: groupBy(counted, 'client').map(([client, counts]) => ({ client, ...counts })),
        byDay: groupBy(counted, 'day')
          .map(([day, counts]) => ({ day, ...counts }))
          .toSorted((one, other) => one.day.localeCompare(other.day)),
      }
    },
    async close() {
      closed.abort()
      await saving
    },
  }
}

/** The model comes last, since it may be any text; the others have no line break. */
function keyOf({ day, client, model }: RowName): string {
  return `${day}\n${client}\n${model}`
}

function toDay(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 10)
}

function sum(rows: readonly TokenCounts[]): TokenCounts {
  return rows.reduce<TokenCounts>((total, row) => addTokens(total, row), noTokens)
}

/** The greatest first. */
function groupBy(rows: readonly Row[], member: 'day' | 'client' | 'model'): (readonly [string, TokenCounts])[] {
  const groups = new Map<string, TokenCounts>()
  for (const row of rows) groups.set(row[member], addTokens(groups.get(row[member]) ?? noTokens, row))
  return [...groups].toSorted(
    ([, one], [, other]) => other.inputTokens + other.outputTokens - one.inputTokens - one.outputTokens,
  )
}

function parseRows(text = ''): Row[] {
  const rows = parseJsonObject(text)?.['rows']
  return Array.isArray(rows) ? rows.filter(isJsonObject).flatMap(parseRow) : []
}

function parseRow(stored: JsonObject): Row[] {
  const [day, client, model] = ['day', 'client', 'model'].map((member) => readString(stored, member))
  if (day === undefined || client === undefined || model === undefined) return []
  const count = (member: keyof TokenCounts) => readNumber(stored, member) ?? 0
  return [
    {
      day,
      client,
      model,
      requests: count('requests'),
      inputTokens: count('inputTokens'),
      cachedTokens: count('cachedTokens'),
      outputTokens: count('outputTokens'),
      reasoningTokens: count('reasoningTokens'),
    },
  ]
}
