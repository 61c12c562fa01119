import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { model, withListening } from '../gateway/gateway-lab.js'

const run = promisify(execFile)

/** Needs curl: `apt-get install curl`. */
async function curl(...args: string[]): Promise<string> {
  const { stdout } = await run('curl', ['--silent', '--show-error', '--no-buffer', '--max-time', '20', ...args])
  return stdout
}

const json = 'content-type: application/json'

describe('curl, with only the base URL and the key changed', () => {
  it('gets an answer, and a stream, and the models', async () => {
    await withListening({}, async ({ baseURL, key }) => {
      const authorization = `authorization: Bearer ${key}`
      const ask = (body: object) =>
        curl(`${baseURL}/responses`, '-H', authorization, '-H', json, '-d', JSON.stringify({ model, ...body }))
      expect(JSON.parse(await ask({ input: 'Hello' }))).toMatchObject({ object: 'response', status: 'completed' })
      const stream = await ask({ input: 'Hello', stream: true })
      expect(stream).toContain('event: response.output_text.delta\n')
      expect(stream).toContain('event: response.completed\n')
      expect(JSON.parse(await curl(`${baseURL}/models`, '-H', authorization))).toMatchObject({ object: 'list' })
    })
  })

  it('is told what is wrong', async () => {
    await withListening({}, async ({ baseURL }) => {
      const told = await curl(`${baseURL}/models`, '-H', 'authorization: Bearer wrong', '-w', '\n%{http_code}')
      const [body = '', status] = told.split('\n')
      expect({ status, body: JSON.parse(body) as object }).toMatchObject({
        status: '401',
        body: { error: { code: 'invalid_api_key' } },
      })
    })
  })
})
