import OpenAI from 'openai-7'
import { zodResponseFormat, zodTextFormat } from 'openai-7/helpers/zod'
import { expect, it } from 'vitest'
import { createOpenAIOptions } from '../../src/openai/index.js'
import { signedIn } from '../support/signed-in.js'
import { describeOpenAIClient, type OpenAIClientModule } from './openai-client-suite.js'

const client = { OpenAI, zodResponseFormat, zodTextFormat } as unknown as OpenAIClientModule

describeOpenAIClient('the openai client 7', client)

it('fits the types of the openai client 7, too', async () => {
  const { session } = await signedIn()
  expect(new OpenAI(createOpenAIOptions(session)).baseURL).toBe(`${session.provider.backendUrl}/codex`)
})
