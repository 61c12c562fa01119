import { traitsOf, type Sight } from './environment-signals.js'

/** A command that shows an address to a person. */
export interface OpenerCommand {
  readonly command: string
  readonly args: readonly string[]
}

/** One of the ways to open an address, or why it is not taken. */
export type Opener = OpenerCommand | { readonly refused: string }

/** These would take over the terminal the person reads the address on. */
const terminalBrowsers = new Set([
  'www-browser',
  'w3m',
  'lynx',
  'links',
  'links2',
  'elinks',
  'felinks',
  'browsh',
  'carbonyl',
  'chawan',
  'cha',
  'edbrowse',
  'netrik',
  'retawq',
])

/** These would read the address as a program: `&` ends a command in all of them. */
const shells = new Set(['sh', 'bash', 'dash', 'zsh', 'ksh', 'fish', 'csh', 'tcsh', 'cmd', 'powershell', 'pwsh', 'eval'])

/** The ways to open an address, best first. Each is an argument array, in which the address is one argument that no shell reads. */
export function findOpeners(address: string, host: Sight): Opener[] {
  const chosen = host.variables['BROWSER']?.trim()
  if (chosen === 'none') return [{ refused: 'BROWSER is none' }]
  return chosen ? chosenOpeners(chosen, address, host.platform) : platformOpeners(address, host)
}

function platformOpeners(address: string, host: Sight): Opener[] {
  if (host.platform === 'darwin') return [{ command: '/usr/bin/open', args: [address] }]
  if (host.platform === 'win32') return windowsOpeners(address, host.variables['SystemRoot'] ?? 'C:\\Windows', '\\')
  if (host.platform === 'android') return [{ command: 'termux-open-url', args: [address] }]
  const traits = traitsOf(host)
  if (traits.has('wsl') && !traits.has('container')) return wslOpeners(address)
  // Without a screen xdg-open looks for a browser of the terminal.
  return traits.has('display') ? [{ command: 'xdg-open', args: [address] }] : [{ refused: 'there is no screen' }]
}

/**
 * `start` of cmd.exe is the usual way, and takes `&` for the end of a command. Neither of these does: the first reads its argument as it is,
 * the second as a quoted string that has no quote in it. Both by their full path, as Windows looks for programs in the current folder first.
 */
function windowsOpeners(address: string, root: string, separator: string): [OpenerCommand, OpenerCommand] {
  const inSystem = (...names: string[]) => [root, 'System32', ...names].join(separator)
  return [
    { command: inSystem('rundll32.exe'), args: ['url.dll,FileProtocolHandler', address] },
    {
      command: inSystem('WindowsPowerShell', 'v1.0', 'powershell.exe'),
      args: ['-NoProfile', '-NonInteractive', '-Command', `Start-Process '${address}'`],
    },
  ]
}

/** wslview asks the network for the address before it opens it, so it comes after Windows itself, which may be mounted elsewhere. */
function wslOpeners(address: string): OpenerCommand[] {
  const [rundll, powershell] = windowsOpeners(address, '/mnt/c/Windows', '/')
  const found = { command: 'rundll32.exe', args: ['url.dll,FileProtocolHandler', address] }
  const wslview = { command: 'wslview', args: [address] }
  return [rundll, found, wslview, powershell]
}

/** `BROWSER` is a list of commands, in which `%s` stands for the address and `%%` for a percent sign; without `%s` it comes last. */
function chosenOpeners(chosen: string, address: string, platform: string): Opener[] {
  const entries = chosen.split(platform === 'win32' ? ';' : ':')
  return entries.flatMap((entry) => (entry.trim() === '' ? [] : chosenOpener(entry.trim(), address)))
}

function chosenOpener(entry: string, address: string): Opener[] {
  const [command = '', ...args] = toWords(entry)
  const refused = whyRefused(command, args)
  if (refused !== undefined) return [{ refused }]
  const hasPlace = args.some((word) => word.includes('%s'))
  const filled = args.map((word) => word.replaceAll(/%[s%]/g, (mark) => (mark === '%s' ? address : '%')))
  const opener = { command, args: hasPlace ? filled : [...filled, address] }
  // `/mnt/c/Program Files/…`, which nobody quotes.
  const isBarePath = /^([a-z]:)?[\\/][^"'%]* [^"'%]*$/i.test(entry)
  return isBarePath ? [{ command: entry, args: [address] }, opener] : [opener]
}

function whyRefused(command: string, args: readonly string[]): string | undefined {
  const name = (command.split(/[\\/]/).at(-1) ?? '').replace(/\.exe$/i, '').toLowerCase()
  if (terminalBrowsers.has(name)) return `${name} would take over the terminal`
  if (shells.has(name)) return `${name} would read the address as a program`
  // Whoever gets this word takes it apart again, and the address with it.
  const nested = args.some((word) => word.includes('%s') && /\s/.test(word))
  return nested ? `${name} gets the address inside a longer argument` : undefined
}

/** Words as in a shell, with quotes and nothing else of a shell. */
function toWords(entry: string): string[] {
  const words = entry.match(/(?:[^\s"']|"[^"]*"|'[^']*'|["'])+/g) ?? []
  return words.map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, (_, double = '', single = '') => double + single))
}
