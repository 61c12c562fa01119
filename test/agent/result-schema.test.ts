import { fromJsonSchema } from '@modelcontextprotocol/server'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { failureCodes, nextActions, type AgentResult } from '../../src/agent/index.js'
import { resultSchema } from '../../src/agent/mcp-schemas.js'
import { createAgentLab, expectAwaiting } from './agent-lab.js'

const interval = 6000

/** One result of every status, and a failure of most kinds, as the engine gives them. */
async function collectResults(): Promise<AgentResult[]> {
  const { agent, emulator, clock, folder, signIn } = await createAgentLab()
  const results: AgentResult[] = [await agent.status(), await agent.check(), await agent.signOut()]
  const add = async (...operations: Promise<AgentResult>[]) => void results.push(...(await Promise.all(operations)))

  const disabled = emulator.faults.add({ endpoint: 'device-user-code', status: 404 })
  await add(agent.start())
  disabled.remove()
  const denied = expectAwaiting(await agent.start())
  emulator.deny(denied.userCode)
  await clock.advance(interval)
  await add(agent.check())
  results.push(await agent.start())
  await clock.advance(16 * 60_000)
  await add(agent.check())
  results.push(await agent.start(), await agent.cancel())
  await signIn()
  results.push(await agent.status(), await agent.start(), await agent.models(), await agent.usage({ force: true }))
  for (const status of [429, 503]) {
    const fault = emulator.faults.add({ endpoint: 'models', status, body: 'Slow down, sk-secret.' })
    await add(agent.models({ force: true }))
    fault.remove()
  }
  emulator.faults.add({ endpoint: 'usage', body: {} })
  await add(agent.usage({ force: true }))
  emulator.expireRefreshTokens()
  await add(agent.refresh())
  await writeFile(join(folder, 'auth.json'), '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-other"}')
  await add(agent.status(), agent.signOut())
  await writeFile(join(folder, 'auth.json'), 'not json')
  await add(agent.status())
  return results
}

it('every result conforms to what the MCP tools promise, and says nothing that is not its own', async () => {
  const results = await collectResults()
  const schema = fromJsonSchema(resultSchema)
  const wrong = await Promise.all(
    results.map(async (result) => {
      const { issues } = await schema['~standard'].validate(result)
      return issues ? [result.status, issues] : []
    }),
  )
  expect(wrong.flat()).toEqual([])
  expect(new Set(results.map(({ status }) => status))).toEqual(new Set(resultSchema.properties.status.enum))
  expect(results.filter(({ nextAction }) => !nextActions.includes(nextAction))).toEqual([])
  const codes = results.flatMap((result) => (result.status === 'error' ? [result.code] : []))
  expect(codes.filter((code) => !failureCodes.includes(code))).toEqual([])
  expect(JSON.stringify(results)).not.toMatch(/sk-|Slow down/)
})
