/** What the real services refuse, by name; each can be switched off (`createEmulator({ rulesOff: [...] })`). */
export const ruleNames = [
  'pkce-required',
  'redirect-uri-registered',
  'unsupported-field',
  'store-must-be-false',
  'stream-must-be-true',
  'instructions-required',
  'no-system-message',
  'no-echoed-item-id',
  'no-altered-reasoning',
  'call-id-length',
  'input-must-be-a-list',
  'known-model',
  'context-window',
] as const

/** A rule's name. */
export type RuleName = (typeof ruleNames)[number]
