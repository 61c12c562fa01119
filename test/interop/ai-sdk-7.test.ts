import * as sdk from 'ai-7'
import { vi } from 'vitest'
import { describeAiSdk, type Sdk } from './ai-sdk-suite.js'

/** What a program that has the newer SDK finds under this name. */
vi.mock('@ai-sdk/openai', () => import('ai-sdk-openai-4'))

describeAiSdk('the AI SDK 7', sdk as unknown as Sdk)
