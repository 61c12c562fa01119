import { it } from 'vitest'
import { assertSurvivesEachKill } from './crash-rows.js'

it('loses no session to a kill at any step of a refresh, but for the instant that the journal names', async () => {
  await assertSurvivesEachKill('codex')
}, 120_000)
