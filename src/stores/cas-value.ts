import {
  parseJsonObject,
  readNumber,
  readObject,
  readString,
  type JsonObject,
  type RefreshIntent,
} from '../core/index.js'

/** That somebody is at work in the cell. */
export interface CasClaim {
  readonly holder: string
  /** Grows with each renewal, so that the cell has a new version even where versions are hashes. */
  readonly beat: number
  /** The refresh that is about to be sent, or was when the holder died. */
  readonly intent?: RefreshIntent
}

/** What lies in the cell. */
export interface CasValue {
  /** The text of an `auth.json`. */
  readonly document?: string
  readonly claim?: CasClaim
}

const format = 'planpass-cas-1'

export function serializeCasValue(value: CasValue): string {
  return JSON.stringify({ format, ...value })
}

/** A text that is not ours is taken for a document, so that a cell can be seeded with an `auth.json` as it is. */
export function parseCasValue(text: string): CasValue {
  const json = parseJsonObject(text)
  if (readString(json, 'format') !== format) return { document: text }
  const document = readString(json, 'document')
  const claim = parseClaim(readObject(json, 'claim'))
  return { ...(document !== undefined && { document }), ...(claim && { claim }) }
}

function parseClaim(json: JsonObject | undefined): CasClaim | undefined {
  const holder = readString(json, 'holder')
  const intent = parseIntent(readObject(json, 'intent'))
  if (holder === undefined) return undefined
  return { holder, beat: readNumber(json, 'beat') ?? 0, ...(intent && { intent }) }
}

function parseIntent(json: JsonObject | undefined): RefreshIntent | undefined {
  const tokenFingerprint = readString(json, 'tokenFingerprint')
  const reason = readString(json, 'reason')
  const atMs = readNumber(json, 'atMs')
  if (tokenFingerprint === undefined || reason === undefined || atMs === undefined) return undefined
  return { tokenFingerprint, reason, atMs }
}
