import { generateText, stepCountIs } from 'ai'
import { createOpenAIOAuthTools } from '../../src/agent/ai-sdk-tools.js'
import { describeScenarios } from './scenarios-suite.js'

describeScenarios({
  name: 'the AI SDK 6',
  sdk: { generateText, stepCountIs },
  createTools: createOpenAIOAuthTools,
  settings: {},
})
