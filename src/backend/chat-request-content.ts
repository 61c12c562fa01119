import { readObject, readString, type JsonObject, type JsonValue } from '../core/index.js'
import { readObjects } from './chat-request-tools.js'
import { toPath, type PathStep } from './normalisation-report.js'
import { unsupportedField } from './request-error.js'

/** What a message says: text as `textType`, everything else untouched in what it holds. */
export function toMessageParts(
  content: JsonValue | undefined,
  textType: 'input_text' | 'output_text',
  ...path: PathStep[]
): JsonObject[] {
  if (typeof content === 'string') return [{ type: textType, text: content }]
  return readObjects(content, ...path).map((part, index) => toPart(part, textType, ...path, index))
}

/** A part that nobody knows fails loudly: an answer to half a message is worse than none. */
function toPart(part: JsonObject, textType: string, ...path: PathStep[]): JsonObject {
  const type = readString(part, 'type')
  switch (type) {
    case 'text':
      return { type: textType, text: part['text'] }
    case 'refusal':
      return { type, refusal: part['refusal'] }
    case 'image_url':
      return toImage(part)
    case 'file':
      return { ...readObject(part, 'file'), type: 'input_file' }
    case 'input_audio':
      return part
    default:
      throw unsupportedField(toPath(...path, 'type'), 'the backend has no such part of a message.')
  }
}

function toImage({ image_url: given }: JsonObject): JsonObject {
  if (typeof given === 'string') return { type: 'input_image', image_url: given }
  const image = readObject({ given }, 'given')
  const detail = readString(image, 'detail')
  return { type: 'input_image', image_url: image?.['url'], ...(detail !== undefined && { detail }) }
}
