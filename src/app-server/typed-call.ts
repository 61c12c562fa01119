import type { CallOptions } from './pending-calls.js'
import type { ClientCalls } from './protocol/methods.js'
import type { RpcPeer } from './rpc-peer.js'

/** A call whose types are known. */
export async function callTyped<Method extends keyof ClientCalls>(
  peer: RpcPeer,
  method: Method,
  params: ClientCalls[Method]['params'],
  options?: CallOptions,
): Promise<ClientCalls[Method]['result']> {
  const result: unknown = await peer.call(method, params, options)
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the types are the pinned server's own, see tools/generate-app-server-types.mjs
  return result as ClientCalls[Method]['result']
}
