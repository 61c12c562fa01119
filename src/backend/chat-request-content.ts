import { readObject, readString, type JsonObject, type JsonValue } from '../core/index.js'
import { readObjects } from './chat-request-tools.js'
import { dropOthers, toPath, type PathStep, type ReportWriter } from './normalisation-report.js'
import { unsupportedField } from './request-error.js'

/** What a message says: text as `textType`, everything else untouched in what it holds. */
export function toMessageParts(
  content: JsonValue | undefined,
  textType: 'input_text' | 'output_text',
  report: ReportWriter,
  ...path: PathStep[]
): JsonObject[] {
  if (typeof content === 'string') return [{ type: textType, text: content }]
  return readObjects(content, ...path).map((part, index) => toPart(part, textType, report, ...path, index))
}

const partMembers = new Set(['type', 'text', 'refusal', 'image_url', 'file', 'input_audio'])
const imageMembers = new Set(['url', 'detail'])

/** A part that nobody knows fails loudly: an answer to half a message is worse than none. */
function toPart(part: JsonObject, textType: string, report: ReportWriter, ...path: PathStep[]): JsonObject {
  const type = readString(part, 'type')
  dropOthers(report, part, partMembers, ...path)
  switch (type) {
    case 'text':
      return { type: textType, text: part['text'] }
    case 'refusal':
      return { type, refusal: part['refusal'] }
    case 'image_url':
      dropOthers(report, readObject(part, 'image_url'), imageMembers, ...path, 'image_url')
      return toImage(part)
    case 'file':
      return { ...readObject(part, 'file'), type: 'input_file' }
    case 'input_audio':
      return { type, input_audio: part['input_audio'] }
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
