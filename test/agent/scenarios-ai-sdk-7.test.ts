import * as sdk from 'ai-7'
import { vi } from 'vitest'
import { createOpenAIOAuthTools, openAIOAuthApproval } from '../../src/agent/ai-sdk-tools.js'
import { describeScenarios, type Sdk } from './scenarios-suite.js'

/** What a program that has the newer SDK finds under this name. */
vi.mock('ai', () => import('ai-7'))

describeScenarios({
  name: 'the AI SDK 7',
  sdk: sdk as unknown as Sdk['sdk'],
  createTools: createOpenAIOAuthTools,
  settings: { toolApproval: openAIOAuthApproval },
})
