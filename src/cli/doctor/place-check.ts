import { detectSignInEnvironment, readHostFacts, type LeadingDoor, type Place } from '../../sign-in/index.js'
import type { Check } from './check.js'

const placesInWords: Record<Place, string> = {
  ci: 'This is a CI job',
  codespaces: 'This is a Codespace',
  devcontainer: 'This is a development container',
  cloud: 'This is a cloud shell',
  ssh: 'This is an SSH session',
  container: 'This is a container',
  wsl: 'This is WSL',
  'remote-editor': 'This is the terminal of an editor elsewhere',
  desktop: 'This is a desktop',
  headless: 'This machine has no screen',
}

const doorsInWords: Record<LeadingDoor, string> = {
  browser: 'a sign-in begins in a browser',
  device: 'a sign-in begins with a code for another device',
}

/** How `planpass login` would go about it here, and which signal said so. */
export const checkPlace: Check = async ({ host, profile }) => {
  const facts = await readHostFacts({ variables: host.environment, isTerminal: true })
  const { place, doors, reasons } = detectSignInEnvironment(facts)
  // A provider with ways of its own has no device codes.
  const [first] = profile.provider.ways && doors.length > 0 ? (['browser'] as const) : doors
  const begins = first === undefined ? 'nobody is asked to sign in' : doorsInWords[first]
  const why = reasons.length > 0 ? ` (${reasons.join(', ')})` : ''
  return { state: 'ok', summary: `${placesInWords[place]}${why}: ${begins}.` }
}
