import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { conversationHeaders, readConversationId, toConversationId } from '../../src/backend/conversation.js'

describe('the id of a conversation', () => {
  it.each(['thread-1', '0199-abc', 'x'.repeat(64)])('is the caller’s own: %s', async (id) => {
    expect(await toConversationId(id, 'Hello')).toBe(id)
  })

  it.each(['größe', '会話', 'two words', 'a\r\nb: c', 'x'.repeat(65)])(
    'is fit for a header and its own, also when the caller calls it %j',
    async (id) => {
      const made = await toConversationId(id, 'Hello')
      expect(new Headers(conversationHeaders(made)).get('session-id')).toBe(made)
      expect(made).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
      expect(await toConversationId(id, 'Bye')).toBe(made)
      expect(await toConversationId(`${id}2`, 'Hello')).not.toBe(made)
    },
  )

  it('is the same by another way to the same hash, which a platform may bring', async () => {
    const hash = (text: string) => createHash('sha256').update(text).digest('hex')
    for (const given of [undefined, 'two words']) {
      expect(await toConversationId(given, 'Hello', hash)).toBe(await toConversationId(given, 'Hello'))
    }
    expect(await toConversationId(undefined, 'Hello', () => '0'.repeat(64))).toMatch(/^[0-]{36}$/)
  })

  it.each([undefined, ''])('is known by how it began when the caller says %j', async (given) => {
    const id = await toConversationId(given, 'Hello')
    expect(await toConversationId(given, 'Hello')).toBe(id)
    expect(await toConversationId(given, 'Bye')).not.toBe(id)
  })

  it('is the same in both of its headers', () => {
    expect(conversationHeaders('one')).toEqual({ 'session-id': 'one', 'thread-id': 'one' })
  })

  it.each([
    [{ 'session-id': 'a', 'thread-id': 'b' }, 'a'],
    [{ session_id: 'a' }, 'a'],
    [{ 'thread-id': 'b' }, 'b'],
    [{}, undefined],
  ])('is read from the headers %j', (headers, id) => {
    expect(readConversationId(new Headers(headers as Record<string, string>))).toBe(id)
  })
})
