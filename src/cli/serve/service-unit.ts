import { resolve } from 'node:path'
import type { CommandOptions, Invocation } from '../command.js'
import type { Environment } from '../host.js'
import { defaultPort } from './default-port.js'
import { logFileOf } from './gateway-folder.js'

/** What starts the gateway with the system. */
export interface Service {
  /** The program and its arguments. */
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly logFile: string
  /** Variables that hold a password, which is not to be printed. */
  readonly leftOut: readonly string[]
}

/**
 * The same gateway as from this terminal, which the system starts in another folder and without its variables. It makes no key of its own, which
 * would end up in the system's log.
 */
export function toService({ host, options }: Invocation): Service {
  const [program = ''] = process.argv.slice(1)
  const logFile = resolve(options.text('log') ?? logFileOf(host.environment))
  const port = ['--port', options.text('port') ?? defaultPort]
  const command = [process.execPath, program, 'serve', '--stored-keys', ...port, '--log', logFile, ...carried(options)]
  return { command, logFile, ...toEnvironment(host.environment) }
}

const words = ['profile', 'address', 'allow-host', 'allow-origin']
const files = ['tls-cert', 'tls-key']

function carried(options: CommandOptions): string[] {
  const toOption = (name: string, toValue: (text: string) => string) => {
    const text = options.text(name)
    return text === undefined ? [] : [`--${name}`, toValue(text)]
  }
  return [
    ...words.flatMap((name) => toOption(name, (text) => text)),
    ...files.flatMap((name) => toOption(name, (path) => resolve(path))),
    ...(options.isSet('allow-remote') ? ['--allow-remote'] : []),
  ]
}

const paths = [
  'PLANPASS_HOME',
  'XDG_CONFIG_HOME',
  'CODEX_HOME',
  'CODEX_CA_CERTIFICATE',
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
] as const
const places = ['PLANPASS_ISSUER', 'PLANPASS_BACKEND_URL', 'PLANPASS_API_URL', 'NO_PROXY', 'no_proxy'] as const
const proxies = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'] as const

/** What tells where the sign-in lies and how the network is reached. */
function toEnvironment(variables: Environment): Pick<Service, 'environment' | 'leftOut'> {
  const known = [...paths, ...places, ...proxies].filter((name) => variables[name])
  const leftOut = proxies.filter((name) => variables[name]?.includes('@'))
  const isPath = (name: string) => paths.some((path) => path === name)
  const kept = known.filter((name) => !leftOut.some((out) => out === name))
  const toEntry = (name: (typeof known)[number]) => {
    const value = variables[name] ?? ''
    return [name, isPath(name) ? resolve(value) : value]
  }
  return { environment: Object.fromEntries(kept.map(toEntry)), leftOut }
}

/** Longer than a gateway lets its requests go on. */
const stopSeconds = 40

/** A unit for `systemctl --user` (systemd.service(5)). */
export function toSystemdUnit({ command: [program = '', ...args], environment }: Service): string {
  const variables = Object.entries(environment).map(
    ([name, value]) => `Environment=${quoteForSystemd(`${name}=${value}`)}`,
  )
  return [
    '[Unit]',
    'Description=planpass gateway',
    '',
    '[Service]',
    `ExecStart=${[quoteForSystemd(program), ...args.map(quoteArgument)].join(' ')}`,
    ...variables,
    'Restart=on-failure',
    'RestartSec=5',
    `TimeoutStopSec=${stopSeconds}`,
    'NoNewPrivileges=true',
    'UMask=0077',
    '',
    '[Install]',
    'WantedBy=default.target',
    '',
  ].join('\n')
}

/** An agent for `launchctl` (launchd.plist(5)). */
export function toLaunchdAgent({ command, environment, logFile }: Service): string {
  const variables = Object.entries(environment).map(
    ([name, value]) => `    <key>${escapeForXml(name)}</key>${toXmlText(value)}`,
  )
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0">',
    '<dict>',
    `  <key>Label</key>${toXmlText('planpass.gateway')}`,
    '  <key>ProgramArguments</key>',
    '  <array>',
    ...command.map((part) => `    ${toXmlText(part)}`),
    '  </array>',
    '  <key>EnvironmentVariables</key>',
    '  <dict>',
    ...variables,
    '  </dict>',
    '  <key>RunAtLoad</key><true/>',
    '  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>',
    `  <key>ExitTimeOut</key><integer>${stopSeconds}</integer>`,
    `  <key>StandardErrorPath</key>${toXmlText(logFile)}`,
    '</dict>',
    '</plist>',
    '',
  ].join('\n')
}

/** A percent sign begins a specifier. */
function quoteForSystemd(text: string): string {
  const escaped = text.replaceAll(/["\\]/g, '\\$&').replaceAll('%', '%%')
  return /^[\w/.:=@-]+$/.test(text) ? text : `"${escaped}"`
}

/** A dollar sign begins a variable, but neither in the path of the program nor in the variables themselves. */
function quoteArgument(text: string): string {
  return quoteForSystemd(text).replaceAll('$', '$$$$')
}

function toXmlText(value: string): string {
  return `<string>${escapeForXml(value)}</string>`
}

function escapeForXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
