import { isJsonObject, readString, type JsonObject, type JsonValue } from '../core/index.js'

/**
 * How functions and custom tools reach the model (siwc 6.3):
 * - `namespace`: together in one namespace, the documented way;
 * - `additional_tools`: in an item at the head of the conversation;
 * - `flat`: as they are, which is not documented and was seen to work.
 */
export type ToolPacking = 'namespace' | 'additional_tools' | 'flat'

/** The namespace that a program's own tools are put into. */
const ownNamespace = 'app'

/** Packs the tools of a request; calls that are handed back are told their namespace again, which clients do not remember. */
export function packTools(body: JsonObject, packing: ToolPacking): JsonObject {
  const tools = Array.isArray(body['tools']) ? body['tools'] : []
  const own = tools.filter(isOwnTool)
  if (packing === 'flat' || own.length === 0) return body
  const others = tools.filter((tool) => !isOwnTool(tool))
  const input = Array.isArray(body['input']) ? body['input'] : []
  if (packing === 'additional_tools') {
    const { tools: _tools, ...rest } = body
    const item = { type: 'additional_tools', role: 'developer', tools: own }
    return { ...rest, ...(others.length > 0 && { tools: others }), input: [item, ...input] }
  }
  const namespace = { type: 'namespace', name: ownNamespace, description: 'The tools of this program.', tools: own }
  const names = new Set(own.map((tool) => readString(tool, 'name')))
  return { ...body, tools: [namespace, ...others], input: input.map((item) => toNamespaced(item, names)) }
}

function isOwnTool(tool: JsonValue): tool is JsonObject {
  return isJsonObject(tool) && (tool['type'] === 'function' || tool['type'] === 'custom')
}

function toNamespaced(item: JsonValue, names: ReadonlySet<string | undefined>): JsonValue {
  if (!isJsonObject(item) || item['namespace'] !== undefined) return item
  const isCall = item['type'] === 'function_call' || item['type'] === 'custom_tool_call'
  return isCall && names.has(readString(item, 'name')) ? { ...item, namespace: ownNamespace } : item
}
