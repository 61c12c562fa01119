import type { EmulatedAccount } from '../accounts.js'
import { isObject } from './request-body.js'
import type { Prompt, ToolOutput } from './scenario.js'

export type InputItem = Readonly<Record<string, unknown>>

/** The items of `input` that are objects; the backend has refused everything else before anybody asks. */
export function inputItems(body: Readonly<Record<string, unknown>>): readonly InputItem[] {
  return Array.isArray(body['input']) ? body['input'].filter(isObject) : []
}

export function isMessage(item: InputItem): boolean {
  return item['type'] === 'message' || (item['type'] === undefined && 'role' in item)
}

export function readPrompt(body: Readonly<Record<string, unknown>>, account: EmulatedAccount): Prompt {
  const items = inputItems(body)
  const lastUserMessage = items.findLastIndex((item) => isMessage(item) && item['role'] === 'user')
  return {
    account,
    model: String(body['model']),
    text: messageText(items[lastUserMessage]),
    toolOutputs: items.slice(lastUserMessage + 1).flatMap(readToolOutput),
    body,
  }
}

function messageText(message: InputItem | undefined): string {
  const content = message?.['content']
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.flatMap((part) => (isObject(part) && typeof part['text'] === 'string' ? [part['text']] : [])).join('')
}

function readToolOutput(item: InputItem): ToolOutput[] {
  const isOutput = item['type'] === 'function_call_output' || item['type'] === 'custom_tool_call_output'
  return isOutput ? [{ callId: String(item['call_id']), output: item['output'] }] : []
}
