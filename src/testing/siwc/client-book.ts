import { randomBytes } from 'node:crypto'
import type { EmulatedAccount } from '../accounts.js'
import { toIssuedClientId } from './plan-client.js'

/** A program that a person has registered by approving it: bound to the person and the workspace (siwc 7). */
export interface EmulatedClient {
  readonly clientId: string
  readonly account: EmulatedAccount
  /** As the program proposed it. */
  readonly name: string
  /** Without its port, which alone may vary later (siwc 2.2). */
  readonly redirect: string
  /** The hosts it was used on. */
  readonly hostIds: ReadonlySet<string>
}

/** The programs that people have registered: data and transitions, no HTTP. */
export interface ClientBook {
  readonly all: readonly EmulatedClient[]
  register(client: Pick<EmulatedClient, 'account' | 'name' | 'redirect'>): EmulatedClient
  find(clientId: string): EmulatedClient | undefined
  noteHost(clientId: string, hostId: string): void
}

export function createClientBook(): ClientBook {
  const clients = new Map<string, EmulatedClient & { readonly hostIds: Set<string> }>()
  return {
    get all() {
      return [...clients.values()]
    },
    register(wanted) {
      const client = {
        ...wanted,
        clientId: toIssuedClientId(randomBytes(16).toString('hex')),
        hostIds: new Set<string>(),
      }
      clients.set(client.clientId, client)
      return client
    },
    find: (clientId) => clients.get(clientId),
    noteHost: (clientId, hostId) => void clients.get(clientId)?.hostIds.add(hostId),
  }
}

/** What of a redirect URI stays the same from sign-in to sign-in. */
export function withoutPort(redirectUri: string): string {
  const url = new URL(redirectUri)
  return `${url.protocol}//${url.hostname}${url.pathname}`
}
