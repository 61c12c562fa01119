import { isAuthError, type ErrorCode, type Provider, type SessionStatus } from '../../core/index.js'
import { homeFolder, readDefaultProfile } from '../../node/index.js'
import type { CommandRun, Invocation } from '../command.js'
import { exitCodes } from '../exit-codes.js'
import { toIsoTime } from '../format-time.js'
import { openProfile } from '../open-profile.js'
import { readProfileNames } from '../profile-names.js'
import { createStyle } from '../style.js'

interface Row {
  readonly name: string
  readonly isDefault: boolean
  /** Through whom it signs in; absent when even that cannot be read. */
  readonly provider?: Provider['name']
  /** The code of why it could not be read, instead of what is in it. */
  readonly status: SessionStatus | ErrorCode
}

/** Reads the stores and nothing else. One profile that cannot be read hides no other. */
export const run: CommandRun = async (invocation) => {
  const { host, options } = invocation
  const defaultName = readDefaultProfile(homeFolder(host.environment))
  const names = await readProfileNames(host.environment)
  const rows = await Promise.all(
    names.map(async (name) => ({
      name,
      isDefault: name === defaultName,
      ...(await readProfile(invocation, name)),
    })),
  )
  if (options.isSet('json')) {
    host.stdout.write(`${JSON.stringify({ default: defaultName, profiles: rows.map(toJson) })}\n`)
    return exitCodes.ok
  }
  host.stdout.write(rows.length > 0 ? toTable(rows, invocation) : '')
  host.stderr.write(hintFor(rows, defaultName))
  return exitCodes.ok
}

async function readProfile(invocation: Invocation, name: string): Promise<Pick<Row, 'provider' | 'status'>> {
  let provider: Row['provider']
  try {
    const { session } = openProfile(invocation, name)
    provider = session.provider.name
    return { provider, status: await session.status() }
  } catch (error) {
    if (!isAuthError(error)) throw error
    return { ...(provider && { provider }), status: error.code }
  }
}

function toJson({ name, isDefault, provider, status }: Row) {
  const known: Partial<SessionStatus> = typeof status === 'string' ? {} : status
  return {
    name,
    isDefault,
    provider: provider ?? null,
    state: typeof status === 'string' ? 'unreadable' : status.state,
    reason: typeof status === 'string' ? status : (status.reason ?? null),
    email: known.email ?? null,
    planType: known.planType ?? null,
    accountId: known.accountId ?? null,
    expiresAt: toIsoTime(known.expiresAtMs),
    issuer: known.issuer ?? null,
    store: known.store ?? null,
  }
}

const header = ['  profile', 'provider', 'account', 'plan', 'workspace', 'state']

function toTable(rows: readonly Row[], { host }: Invocation): string {
  const style = createStyle(host.stdout, host.environment)
  const cells = [header, ...rows.map(toCells)]
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)))
  const lines = cells.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
  return lines.map((line, index) => `${index === 0 ? style.dim(line.trimEnd()) : line.trimEnd()}\n`).join('')
}

function toCells({ name, isDefault, provider, status }: Row): string[] {
  const {
    email = '-',
    planType = '-',
    accountId = '-',
  }: Partial<SessionStatus> = typeof status === 'string' ? {} : status
  return [`${isDefault ? '*' : ' '} ${name}`, provider ?? '-', email, planType, accountId, stateInWords(status)]
}

function stateInWords(status: SessionStatus | ErrorCode): string {
  if (typeof status === 'string') return `cannot be read (${status})`
  if (status.state === 'absent') return 'signed out'
  if (status.state === 'unsupported') return `holds another kind of credential (${status.mode})`
  return status.reason === undefined ? status.state : `${status.state} (${status.reason})`
}

function hintFor(rows: readonly Row[], defaultName: string): string {
  if (rows.length === 0) return 'There are no profiles yet. Run `planpass login`.\n'
  if (rows.some(({ isDefault }) => isDefault)) return ''
  return `The default profile is \`${defaultName}\`, which does not exist. Choose one with \`planpass use NAME\`.\n`
}
