import { isJsonObject, readNumber, readObject, readString, type JsonObject, type JsonValue } from '../core/index.js'

/** A model that the signed-in account can use. What the catalogue does not say is absent; a host that knows better may differ. */
export interface Model {
  readonly id: string
  readonly name: string
  readonly description?: string
  /** In tokens. What the plan gives, which may differ from the API's. */
  readonly contextWindow?: number
  /** What the context window may be raised to. */
  readonly maxContextWindow?: number
  readonly reasoningLevels: readonly string[]
  readonly defaultReasoningLevel?: string
  /** As in `text`, `image`. */
  readonly inputModalities?: readonly string[]
  readonly supportsImages?: boolean
  readonly supportsParallelToolCalls?: boolean
  readonly supportsVerbosity?: boolean
  /** The plans that may choose it. */
  readonly plans?: readonly string[]
  /** The model that is to take its place. */
  readonly successor?: string
}

/** The models of a catalogue (protocol 9.2), best first, without the hidden ones; `undefined` when it has no list. */
export function readCatalogue(catalogue: JsonObject): Model[] | undefined {
  const entries = catalogue['models']
  if (!Array.isArray(entries)) return undefined
  return entries
    .filter(isJsonObject)
    .filter((entry) => !hidden.has(readString(entry, 'visibility') ?? '') && readString(entry, 'slug'))
    .toSorted((one, other) => priorityOf(one) - priorityOf(other))
    .map(toModel)
}

const hidden: ReadonlySet<string> = new Set(['hide', 'hidden', 'none'])

/** A catalogue brings long instructions for every model, which nobody here reads: the rest is what is kept. */
export function withoutInstructions(catalogue: JsonObject): JsonObject {
  const entries = catalogue['models']
  const models = Array.isArray(entries) ? entries.filter(isJsonObject).map(onlyMembersRead) : []
  return { models }
}

const membersRead: ReadonlySet<string> = new Set([
  'slug',
  'display_name',
  'description',
  'visibility',
  'priority',
  'context_window',
  'max_context_window',
  'supported_reasoning_levels',
  'default_reasoning_level',
  'input_modalities',
  'supports_parallel_tool_calls',
  'support_verbosity',
  'available_in_plans',
  'upgrade',
])

function onlyMembersRead(entry: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(entry).filter(([member]) => membersRead.has(member)))
}

function priorityOf(entry: JsonObject): number {
  return readNumber(entry, 'priority') ?? Number.MAX_SAFE_INTEGER
}

function toModel(entry: JsonObject): Model {
  const id = readString(entry, 'slug') ?? ''
  const description = readString(entry, 'description')
  const plans = readWords(entry['available_in_plans'])
  const successor = readString(readObject(entry, 'upgrade'), 'model')
  return {
    id,
    name: readString(entry, 'display_name') ?? id,
    ...(description && { description }),
    ...toContext(entry),
    ...toReasoning(entry),
    ...toAbilities(entry),
    ...(plans && { plans }),
    ...(successor !== undefined && { successor }),
  }
}

function toContext(entry: JsonObject): Pick<Model, 'contextWindow' | 'maxContextWindow'> {
  const contextWindow = readNumber(entry, 'context_window')
  const maxContextWindow = readNumber(entry, 'max_context_window')
  return {
    ...(contextWindow !== undefined && { contextWindow }),
    ...(maxContextWindow !== undefined && { maxContextWindow }),
  }
}

function toReasoning(entry: JsonObject): Pick<Model, 'reasoningLevels' | 'defaultReasoningLevel'> {
  const reasoningLevels = toReasoningLevels(entry['supported_reasoning_levels'])
  const defaultReasoningLevel = readString(entry, 'default_reasoning_level')
  return { reasoningLevels, ...(defaultReasoningLevel !== undefined && { defaultReasoningLevel }) }
}

function toAbilities(entry: JsonObject): Partial<Model> {
  const inputModalities = readWords(entry['input_modalities'])
  const supportsParallelToolCalls = readTruth(entry['supports_parallel_tool_calls'])
  const supportsVerbosity = readTruth(entry['support_verbosity'])
  return {
    ...(inputModalities && { inputModalities, supportsImages: inputModalities.includes('image') }),
    ...(supportsParallelToolCalls !== undefined && { supportsParallelToolCalls }),
    ...(supportsVerbosity !== undefined && { supportsVerbosity }),
  }
}

function readTruth(value: JsonValue | undefined): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined
}

function readWords(value: JsonValue | undefined): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : undefined
}

/** Entries are `{ effort, description }`; older catalogues listed the plain words. */
function toReasoningLevels(levels: JsonValue | undefined): string[] {
  if (!Array.isArray(levels)) return []
  return levels
    .map((level) => (isJsonObject(level) ? readString(level, 'effort') : level))
    .filter((level) => typeof level === 'string')
}
