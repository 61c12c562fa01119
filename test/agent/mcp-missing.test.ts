import { expect, it, vi } from 'vitest'
import { serveMcp } from '../../src/agent/index.js'
import { silentLogger } from '../../src/core/index.js'
import { caughtAuthError } from '../support/caught.js'
import { createAgentLab } from './agent-lab.js'

it('without the SDK of MCP, the server says what to install', async () => {
  vi.doMock('@modelcontextprotocol/server', () => {
    throw Object.assign(new Error('not installed'), { code: 'ERR_MODULE_NOT_FOUND' })
  })
  try {
    const { agent } = await createAgentLab()
    const error = await caughtAuthError(serveMcp({ agent, logger: silentLogger }))
    expect(error.code).toBe('ERR_CONFIG_MISSING_PACKAGE')
    expect(error.message).toContain('npm install @modelcontextprotocol/server')
  } finally {
    vi.doUnmock('@modelcontextprotocol/server')
  }
})
