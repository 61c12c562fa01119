import { AuthError, toOneSafeLine } from '../core/index.js'

/** A call that the server answered with an error. */
export class RpcRefusedError extends AuthError {
  /** As JSON-RPC numbers them: -32600 for a request the server does not take, -32603 for a failure of its own. */
  readonly rpcCode: number

  constructor(method: string, rpcCode: number, message: string) {
    super('ERR_RPC_REFUSED', `The server refused ${method} (${rpcCode}): ${toOneSafeLine(message)}.`)
    this.rpcCode = rpcCode
  }
}
