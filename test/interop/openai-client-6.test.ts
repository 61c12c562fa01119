import OpenAI from 'openai'
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod'
import { describeOpenAIClient, type OpenAIClientModule } from './openai-client-suite.js'

const client = { OpenAI, zodResponseFormat, zodTextFormat } as unknown as OpenAIClientModule

describeOpenAIClient('the openai client 6', client)
