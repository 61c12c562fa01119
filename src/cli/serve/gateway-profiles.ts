import type { ConsoleSignIn, DoctorFinding, GatewayProfile, GatewayProfiles } from '../../gateway/index.js'
import { homeFolder, signIn, writeDefaultProfile } from '../../node/index.js'
import { assertGeneralAccessAllowed } from '../../siwc/index.js'
import { createFileHistory } from '../../stores/index.js'
import type { Invocation } from '../command.js'
import { examine } from '../doctor/examine.js'
import { openProfile } from '../open-profile.js'
import { readProfileNames } from '../profile-names.js'

/** The profiles of this person. A profile that was named for this run alone changes no default. */
export function createGatewayProfiles(invocation: Invocation): GatewayProfiles {
  const { environment } = invocation.host
  const isNamed = invocation.options.text('profile') !== undefined
  return {
    first: openProfile(invocation).name,
    names: () => readProfileNames(environment),
    open: (name) => toGatewayProfile(invocation, name),
    ...(!isNamed && { remember: (name) => writeDefaultProfile(homeFolder(environment), name) }),
  }
}

function toGatewayProfile(invocation: Invocation, name: string): GatewayProfile {
  const { session, wire, cache, cacheFolder } = openProfile(invocation, name)
  return { name, session, wire, cache, history: createFileHistory(cacheFolder) }
}

/** A sign-in with a device code, on the page's order. */
export function createConsoleSignIn(invocation: Invocation): ConsoleSignIn {
  const { host } = invocation
  return async ({ profile, switchAccount, showDeviceCode, signal }) => {
    const { provider, identity, fetch } = openProfile(invocation, profile)
    assertGeneralAccessAllowed(provider)
    const environment = { variables: host.environment }
    const common = { provider, identity, fetch, clock: host.clock, profile, environment, signal }
    return signIn({ ...common, flow: 'device', expect: { mayReplace: switchAccount }, screen: { showDeviceCode } })
  }
}

/** What the doctor finds of a profile, as the page shows it. */
export async function examineForConsole(invocation: Invocation, profile: string): Promise<DoctorFinding[]> {
  const findings = await examine({ host: invocation.host, profile: openProfile(invocation, profile) })
  return findings.map((finding) => ({
    name: finding.name,
    state: finding.state,
    summary: finding.summary,
    advice: 'advice' in finding ? finding.advice : null,
    code: 'code' in finding ? finding.code : null,
  }))
}
