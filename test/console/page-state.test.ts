import { describe, expect, it } from 'vitest'
import { applyEvent, readView } from '../../src/console/page/page-state.js'
import { searchModels } from '../../src/console/page/view-models.js'
import { failure, sampleConsole, sampleRequest, sampleState, signedOutProfile } from './sample-state.js'

describe('the state of the page', () => {
  it('takes over what the gateway tells, and nothing else', () => {
    const before = sampleState()
    const after = applyEvent(before, { type: 'profiles', currentProfile: 'work', profiles: [signedOutProfile] })
    expect(after).toEqual({
      ...before,
      console: { ...sampleConsole, currentProfile: 'work', profiles: [signedOutProfile] },
    })
  })

  it('waits for the whole state before it takes over a part', () => {
    const before = sampleState({ console: undefined })
    expect(applyEvent(before, { type: 'usage', usage: { state: 'unknown', failure } })).toBe(before)
  })

  it('shows a new request first, and an old one where it was', () => {
    const first = applyEvent(sampleState(), { type: 'request', request: sampleRequest })
    const second = applyEvent(first, { type: 'request', request: { ...sampleRequest, id: 'two' } })
    const done = applyEvent(second, { type: 'request', request: { ...sampleRequest, state: 'done' } })
    expect(done.requests.map(({ id, state }) => [id, state])).toEqual([
      ['two', 'running'],
      ['one', 'done'],
    ])
  })

  it('keeps the last two hundred requests', () => {
    let state = sampleState()
    for (let count = 0; count < 210; count++) {
      state = applyEvent(state, { type: 'request', request: { ...sampleRequest, id: String(count) } })
    }
    expect(state.requests).toHaveLength(200)
    expect(state.requests[0]?.id).toBe('209')
  })

  it.each([
    ['#/models', 'models'],
    ['', 'plan'],
    ['#/nowhere', 'plan'],
  ])('reads the address %j as the view %s', (fragment, view) => {
    expect(readView(fragment)).toBe(view)
  })
})

describe('the search for models', () => {
  const models = sampleConsole.models.state === 'known' ? sampleConsole.models.models : []

  it.each([
    ['', ['sol', 'luna']],
    ['LUNA', ['luna']],
    ['everyday codex', ['sol']],
    ['medium', ['sol']],
    ['nothing', []],
  ])('for %j finds %j', (text, found) => {
    expect(searchModels(models, text).map(({ id }) => id)).toEqual(found)
  })
})
