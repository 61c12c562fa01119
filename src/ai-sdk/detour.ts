import type { Fetch } from '../core/index.js'

/** Requests for one address, and what is below it, go to another one. */
export interface Detour {
  readonly from: string
  readonly to: string
}

/** The same `fetch`, over the first detour that fits. */
export function withDetours(fetch: Fetch, detours: readonly Detour[]): Fetch {
  return (input, init) => {
    const { href } = new URL(input instanceof Request ? input.url : input)
    const detour = detours.find(({ from }) => isBelow(href, from))
    if (!detour) return fetch(input, init)
    const target = detour.to + href.slice(detour.from.length)
    return fetch(input instanceof Request ? new Request(target, input) : target, init)
  }
}

/** Whether it is the address itself, or a path or a query of it. */
export function isBelow(href: string, address: string): boolean {
  return href.startsWith(address) && /^($|[/?])/.test(href.slice(address.length))
}
