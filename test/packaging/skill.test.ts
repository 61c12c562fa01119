import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createEmulator } from '../../src/testing/index.js'
import { signingKey } from '../support/signing-key.js'
import { temporaryFolder } from '../support/temporary-folder.js'
import { packageFolder, readJson } from './manifest.js'

const name = 'chatgpt-codex-onboarding'
const skillFolder = join(packageFolder, 'skills', name)

/** Front matter as far as the open format uses it: members on a line each, and one map below `metadata`. */
async function readSkill() {
  const text = await readFile(join(skillFolder, 'SKILL.md'), 'utf8')
  const [, matter = '', body = ''] = /^---\n(.*?)\n---\n(.*)$/s.exec(text) ?? []
  const lines = matter.split('\n')
  const members = lines.filter((line) => !line.startsWith(' ')).map((line) => splitMember(line))
  const metadata = lines.filter((line) => line.startsWith('  ')).map((line) => splitMember(line.trim()))
  return { members: Object.fromEntries(members), metadata: Object.fromEntries(metadata), body }
}

function splitMember(line: string): [string, string] {
  const at = line.indexOf(':')
  return [
    line.slice(0, at),
    line
      .slice(at + 1)
      .trim()
      .replaceAll(/^"|"$/g, ''),
  ]
}

describe('the skill', () => {
  it('has the six front-matter keys of the open format at most, within their limits', async () => {
    const { members, metadata } = await readSkill()
    const known = ['name', 'description', 'license', 'compatibility', 'metadata', 'allowed-tools']
    expect(Object.keys(members).filter((key) => !known.includes(key))).toEqual([])
    expect(members['name']).toBe(name)
    expect(members['name']).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
    const { description = '', compatibility = '' } = members
    expect(description.length).toBeGreaterThan(0)
    expect(description.length).toBeLessThanOrEqual(1024)
    expect(description).not.toMatch(/[<>]/)
    expect(compatibility.length).toBeLessThanOrEqual(500)
    const { version } = await readJson<{ version: string }>('package.json')
    expect(metadata).toEqual({ version, author: 'planpass' })
  })

  it('approves no tool beforehand, which would take the gate away', async () => {
    const { members } = await readSkill()
    expect(members).not.toHaveProperty('allowed-tools')
  })

  it('is short, and every file it names is there, one level deep', async () => {
    const { body } = await readSkill()
    expect(body.split('\n').length).toBeLessThan(150)
    const links = [...body.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link)
    expect(links.toSorted()).toEqual(['references/models-and-usage.md', 'references/troubleshooting.md'])
    const files = await readdir(skillFolder, { recursive: true })
    expect(files.toSorted()).toEqual([
      'SKILL.md',
      'references',
      'references/models-and-usage.md',
      'references/troubleshooting.md',
      'scripts',
      'scripts/chatgpt-auth.mjs',
    ])
  })

  it('says what an agent must not get wrong', async () => {
    const { body } = await readSkill()
    for (const rule of [
      /ask first/i,
      /\*\*stop\*\*/,
      /Settings, Security/,
      /refresh your browser page/,
      /\/model /,
      /never put the code into the address/,
      /Never ask for a password, code or token/,
      /not zero/,
    ])
      expect(body).toMatch(rule)
  })

  it('explains every code that a failure may have', async () => {
    const { failureCodes } = await import('../../src/agent/index.js')
    const text = await readFile(join(skillFolder, 'references/troubleshooting.md'), 'utf8')
    const told = failureCodes.filter((code) => code !== 'usage_unavailable')
    expect(told.filter((code) => !text.includes(`\`${code}\``))).toEqual([])
  })

  it('is what the marketplace offers', async () => {
    const marketplace = await readJson<{ plugins: { source: string; skills: string[] }[] }>(
      '.claude-plugin/marketplace.json',
    )
    const { version } = await readJson<{ version: string }>('package.json')
    expect(marketplace).toMatchObject({ name: 'planpass', owner: { name: 'planpass' }, metadata: { version } })
    expect(marketplace.plugins.map(({ source, skills }) => [source, skills])).toEqual([['./', [`./skills/${name}`]]])
  })
})

describe('the script of the skill', () => {
  const script = join(skillFolder, 'scripts/chatgpt-auth.mjs')

  async function runScript(args: readonly string[], environment: Readonly<Record<string, string>>, cwd = '/') {
    const run = promisify(execFile)(process.execPath, [script, ...args], { env: environment, cwd })
    const { stdout, stderr, code } = await run.then(
      (done) => ({ ...done, code: 0 }),
      (failed: { stdout: string; stderr: string; code: number }) => failed,
    )
    return { stdout, stderr, code }
  }

  it('runs by itself, prints one JSON object, and signs in', async () => {
    const emulator = createEmulator({ signingKey, deviceIntervalSeconds: 1 })
    const listener = await emulator.listen()
    try {
      const environment = {
        PLANPASS_HOME: await temporaryFolder(),
        PLANPASS_ISSUER: listener.issuer,
        PLANPASS_BACKEND_URL: listener.backendUrl,
      }
      const workspace = await temporaryFolder()
      const call = async (...args: string[]) => {
        const { stdout, code } = await runScript(args, environment, workspace)
        return { result: JSON.parse(stdout) as Record<string, unknown>, code }
      }
      expect(await call('status')).toMatchObject({ code: 0, result: { ok: true, connected: false } })
      expect(await call('poll')).toMatchObject({ code: 3, result: { ok: false, code: 'unknown_flow' } })
      const { result: started } = await call('start')
      expect(started).toMatchObject({ ok: true, status: 'pending' })
      emulator.approve(String(started['user_code']))
      const polls: unknown[] = []
      while (polls.at(-1) !== 'connected' && polls.length < 30)
        polls.push((await call('poll', String(started['pending_id']))).result['status'])
      expect(polls.at(-1)).toBe('connected')
      expect(await call('models', '--force')).toMatchObject({ result: { ok: true, source: 'api' } })
      expect(await call('usage')).toMatchObject({ result: { ok: true, source: 'cache' } })
      expect(await call('refresh')).toMatchObject({ result: { status: 'refreshed' } })
      expect(await call('logout')).toMatchObject({ result: { status: 'disconnected', revocation: 'revoked' } })
      expect(await readdir(workspace)).toEqual([])
    } finally {
      await listener.close()
    }
  })

  it('explains itself, and says so when a call makes no sense', async () => {
    expect(await runScript(['--help'], {})).toMatchObject({ code: 0, stdout: expect.stringContaining('Usage: ') })
    expect(await runScript(['reveal'], {})).toMatchObject({ code: 2, stdout: '' })
    expect(await runScript(['status', '--token', 'x'], {})).toMatchObject({ code: 2, stdout: '' })
  })

  it('fails as data where there is no home', async () => {
    const { stdout, code } = await runScript(['status'], {})
    expect({ code, result: JSON.parse(stdout) }).toMatchObject({
      code: 3,
      result: { ok: false, code: 'configuration' },
    })
  })
})
