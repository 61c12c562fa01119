/** What starts the gateway with the system. */
export interface Service {
  /** The program and its arguments. */
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** A unit for `systemctl --user` (systemd.service(5)). It may write below its own home folder alone. */
export function toSystemdUnit({ command, environment }: Service): string {
  const variables = Object.entries(environment).map(
    ([name, value]) => `Environment=${quoteForSystemd(`${name}=${value}`)}`,
  )
  return [
    '[Unit]',
    'Description=planpass gateway',
    'Wants=network-online.target',
    'After=network-online.target',
    '',
    '[Service]',
    `ExecStart=${command.map(quoteForSystemd).join(' ')}`,
    ...variables,
    'Restart=on-failure',
    'RestartSec=5',
    'TimeoutStopSec=40',
    'NoNewPrivileges=true',
    'UMask=0077',
    '',
    '[Install]',
    'WantedBy=default.target',
    '',
  ].join('\n')
}

/** An agent for `launchctl` (launchd.plist(5)). */
export function toLaunchdAgent({ command, environment }: Service): string {
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
    '</dict>',
    '</plist>',
    '',
  ].join('\n')
}

/** A percent sign begins a specifier, a dollar sign a variable. */
function quoteForSystemd(text: string): string {
  const escaped = text.replaceAll(/["\\]/g, '\\$&').replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[\w/.:=@-]+$/.test(text) ? text : `"${escaped}"`
}

function toXmlText(value: string): string {
  return `<string>${escapeForXml(value)}</string>`
}

function escapeForXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
