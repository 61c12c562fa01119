import { AuthError } from '../core/index.js'
import type { HostFacts } from './environment-facts.js'
import { signals, traitsOf, type Trait } from './environment-signals.js'

/** Where a sign-in runs, which decides what its person can reach. */
export type Place =
  | 'ci'
  | 'codespaces'
  | 'devcontainer'
  | 'cloud'
  | 'ssh'
  | 'container'
  | 'wsl'
  | 'remote-editor'
  | 'desktop'
  | 'headless'

/** A door that can be opened without being asked for; the address of the first one can always be pasted as well. */
export type LeadingDoor = 'browser' | 'device'

/** What a sign-in should try here, and why. */
export interface SignInEnvironment {
  readonly place: Place
  /** Whether somebody is there to sign in. */
  readonly isInteractive: boolean
  /** The first one leads. None at all: use what is stored, or fail with `signInRequired`. */
  readonly doors: readonly LeadingDoor[]
  /** Whether a browser that is started here appears before the person, and was not ruled out with `BROWSER=none`. */
  readonly canOpenBrowser: boolean
  /** When the second door opens by itself, because no browser has come back: the first one stays open. */
  readonly browserPatienceMs?: number
  /** What was seen, for people: the names of variables and files, never values. */
  readonly reasons: readonly string[]
}

interface PlaceRow {
  readonly place: Place
  /** `undefined`: it is what is left. */
  readonly trait?: Trait
  readonly doors: readonly LeadingDoor[]
  /** What it takes to open a browser that the person sees; one that is named in `BROWSER` will do everywhere. */
  readonly browserNeeds: 'nothing' | 'display' | 'forwarded display' | 'to be named'
  readonly browserPatienceMs?: number
}

const browserFirst = ['browser', 'device'] as const
const deviceFirst = ['device', 'browser'] as const

/** Long enough for a person whose browser knows them; those who have to type more than that lose nothing, as the browser stays welcome. */
const windowsBrowserPatienceMs = 30_000

/** Where we are is the first row whose trait is seen. */
const placeRows: readonly PlaceRow[] = [
  { place: 'ci', trait: 'ci', doors: [], browserNeeds: 'to be named' },
  // In these the browser is on another machine, which cannot reach our port unless somebody forwards it.
  { place: 'codespaces', trait: 'codespaces', doors: deviceFirst, browserNeeds: 'to be named' },
  { place: 'devcontainer', trait: 'devcontainer', doors: deviceFirst, browserNeeds: 'display' },
  { place: 'cloud', trait: 'cloud', doors: deviceFirst, browserNeeds: 'to be named' },
  // A forwarded display shows our browser to the person, slowly, so the device code leads all the same. Any other display is that of the
  // desktop over there, where nobody sits.
  { place: 'ssh', trait: 'ssh', doors: deviceFirst, browserNeeds: 'forwarded display' },
  { place: 'container', trait: 'container', doors: deviceFirst, browserNeeds: 'display' },
  // The browser is the one of Windows. It reaches our port as a rule, but not with every network mode and firewall.
  {
    place: 'wsl',
    trait: 'wsl',
    doors: browserFirst,
    browserNeeds: 'nothing',
    browserPatienceMs: windowsBrowserPatienceMs,
  },
  { place: 'remote-editor', trait: 'remote-editor', doors: deviceFirst, browserNeeds: 'to be named' },
]
const desktop: PlaceRow = { place: 'desktop', doors: browserFirst, browserNeeds: 'nothing' }
const headless: PlaceRow = { place: 'headless', doors: deviceFirst, browserNeeds: 'to be named' }

/** Where a program runs before a person, unless something says otherwise; a phone has its browser beside the terminal. */
const screenPlatforms: ReadonlyMap<string, string> = new Map([
  ['darwin', 'macOS'],
  ['win32', 'Windows'],
  ['android', 'Android'],
])

/**
 * Judges where a sign-in runs and how it should go about it.
 *
 * @param options.interactive `true` signs in without a terminal, for hosts that have a screen of their own; `false` never does. A CI job is
 *   never interactive; `CI=false` says that this is none.
 */
export function detectSignInEnvironment(
  facts: HostFacts,
  options: { readonly interactive?: boolean | undefined } = {},
): SignInEnvironment {
  const row = findPlace(facts, traitsOf(facts))
  const isInteractive = row.place !== 'ci' && (options.interactive ?? facts.isTerminal)
  const { browserPatienceMs } = row
  return {
    place: row.place,
    isInteractive,
    doors: isInteractive ? row.doors : [],
    canOpenBrowser: canOpenBrowser(row, facts),
    ...(browserPatienceMs !== undefined && { browserPatienceMs }),
    reasons: [...reasonsOf(row, facts), ...(isInteractive || row.place === 'ci' ? [] : [whyNobody(facts)])],
  }
}

function findPlace({ platform }: HostFacts, traits: ReadonlySet<Trait>): PlaceRow {
  const row = placeRows.find(({ trait }) => trait !== undefined && traits.has(trait))
  if (row) return row
  const hasScreen = screenPlatforms.has(platform) || traits.has('display')
  return hasScreen ? desktop : headless
}

function canOpenBrowser({ place, browserNeeds }: PlaceRow, { variables }: HostFacts): boolean {
  const chosen = variables['BROWSER']?.trim()
  if (place === 'ci' || chosen === 'none') return false
  // Somebody said how a browser is opened here; editors do, whose windows are elsewhere.
  if (chosen) return true
  switch (browserNeeds) {
    case 'nothing':
      return true
    case 'display':
      return Boolean(variables['DISPLAY']?.trim() || variables['WAYLAND_DISPLAY']?.trim())
    case 'forwarded display':
      return isForwarded(variables['DISPLAY'])
    case 'to be named':
      return false
    default:
      return browserNeeds satisfies never
  }
}

/** `localhost:10.0` came through the connection, `:0` did not. */
function isForwarded(display: string | undefined): boolean {
  return display !== undefined && /^[^:/]+:\d/.test(display.trim())
}

/** The signals that made this place, and what else bears on it. */
function reasonsOf({ place, trait }: PlaceRow, facts: HostFacts): string[] {
  const { platform, variables } = facts
  const decisive: readonly (Trait | undefined)[] = [trait ?? 'display', 'no-ci', 'shared-container']
  const telling = signals.filter((signal) => decisive.includes(signal.means) && signal.isSeen(facts))
  const reasons = telling.map(({ reason }) => reason)
  const system = screenPlatforms.get(platform)
  if (place === 'desktop' && system !== undefined) reasons.push(`this is ${system}`)
  if (place === 'headless') reasons.push('neither DISPLAY nor WAYLAND_DISPLAY is set')
  if (variables['BROWSER']?.trim() === 'none') reasons.push('BROWSER is none')
  return reasons
}

function whyNobody({ isTerminal }: HostFacts): string {
  return isTerminal ? 'nobody is to be asked' : 'there is no terminal'
}

/** The failure of a sign-in that nobody asked for where nobody could answer: at once, with the command that helps */
export function signInRequired({ place, reasons }: SignInEnvironment): AuthError {
  const why = `Nobody is signed in, and nobody can be asked here: ${reasons.join(', ')}.`
  const advice =
    place === 'ci'
      ? 'Run `planpass login` on a machine of yours, and give the job what `planpass export --access-only` prints.'
      : 'Run `planpass login` in a terminal, or `planpass login --device` to print a code here all the same.'
  return new AuthError('ERR_SIGN_IN_REQUIRED', why, { advice })
}
