import { isJsonObject, readObject, readString, type JsonObject, type JsonValue } from '../core/index.js'
import { dropOthers, toPath, type ReportWriter } from './normalisation-report.js'
import { badRequest } from './request-error.js'

/** The tools of a Chat Completions request, of the older `functions` and of `web_search_options`, as the Responses API spells them. */
export function toTools(
  { tools, functions, web_search_options: webSearch }: JsonObject,
  report: ReportWriter,
): JsonObject[] {
  return [
    ...readObjects(tools, 'tools').map((tool, index) => toTool(tool, index, report)),
    ...readObjects(functions, 'functions').map((definition) => toFunctionTool(definition)),
    ...readObjects(webSearch && [webSearch], 'web_search_options').map(toWebSearch),
  ]
}

/** Also without any options: there, naming them is what asks for a search. */
function toWebSearch({ user_location: location, ...options }: JsonObject): JsonObject {
  if (!isJsonObject(location)) return { ...options, type: 'web_search' }
  const { approximate, ...members } = location
  const place = isJsonObject(approximate) ? approximate : {}
  return { ...options, type: 'web_search', user_location: { ...members, ...place } }
}

/** The list, or none; whatever is in it has to be an object. */
export function readObjects(value: JsonValue | undefined, ...path: (string | number)[]): JsonObject[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw badRequest(toPath(...path), 'it is not a list.')
  return value.map((entry, index) => {
    if (!isJsonObject(entry)) throw badRequest(toPath(...path, index), 'it is not a JSON object.')
    return entry
  })
}

function toTool(tool: JsonObject, index: number, report: ReportWriter): JsonObject {
  const { type } = tool
  const definition = type === 'function' || type === 'custom' ? readObject(tool, type) : undefined
  // Already spelled as the Responses API does, as the tools are that the service itself runs.
  if (!definition) return tool
  dropOthers(report, tool, toolMembers, 'tools', index)
  return type === 'function' ? toFunctionTool(definition) : toCustomTool(definition)
}

const toolMembers = new Set(['type', 'function', 'custom'])

/** What is not strict by default here is strict by default there, and would refuse many a schema. */
function toFunctionTool({ parameters, strict, ...definition }: JsonObject): JsonObject {
  return {
    ...definition,
    type: 'function',
    parameters: parameters ?? { type: 'object', properties: {} },
    strict: strict ?? false,
  }
}

function toCustomTool(custom: JsonObject): JsonObject {
  const format = readObject(custom, 'format')
  const grammar = readObject(format, 'grammar')
  return { ...custom, type: 'custom', ...(grammar && { format: { ...grammar, type: 'grammar' } }) }
}

/** The choice of a tool; `functionCall` is its older spelling. */
export function toToolChoice(
  choice: JsonValue | undefined,
  functionCall: JsonValue | undefined,
): JsonValue | undefined {
  if (isJsonObject(choice)) return toNamedChoice(choice)
  if (choice !== undefined && choice !== null) return choice
  const name = isJsonObject(functionCall) ? readString(functionCall, 'name') : undefined
  return name === undefined ? functionCall : { type: 'function', name }
}

function toNamedChoice(choice: JsonObject): JsonObject {
  const allowed = readObject(choice, 'allowed_tools')
  if (!allowed) return toNamedTool(choice)
  return {
    type: choice['type'],
    mode: allowed['mode'],
    tools: readObjects(allowed['tools'], 'tool_choice').map(toNamedTool),
  }
}

function toNamedTool(tool: JsonObject): JsonObject {
  const named = readObject(tool, 'function') ?? readObject(tool, 'custom')
  return named ? { type: tool['type'], name: named['name'] } : tool
}
