import * as sdk from 'ai'
import { describeAiSdk } from './ai-sdk-suite.js'

describeAiSdk('the AI SDK 6', sdk)
