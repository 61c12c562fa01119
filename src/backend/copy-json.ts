import { isJsonObject, type JsonObject, type JsonValue } from '../core/index.js'

/** As `structuredClone`, which takes ten times as long for the small objects of an event. */
export function copyJson(object: JsonObject): JsonObject {
  const copy = { ...object }
  for (const [name, value] of Object.entries(copy)) {
    if (typeof value === 'object' && value !== null) copy[name] = copyNested(value)
  }
  return copy
}

function copyNested(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(copyNested)
  return isJsonObject(value) ? copyJson(value) : value
}
