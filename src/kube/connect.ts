/** Connects programs that list and watch, over Node's HTTP client. */
import type { Api } from './api.ts'
import { type ConnectionConfig, type ConnectOptions, connectOver } from './connection.ts'
import { httpTransport } from './http/transport.ts'

/**
 * Opens no socket: the first calls open sockets, and later calls reuse them. Throws KubeError `NM_KUBE_CONFIG` for an
 * invalid address.
 */
export function connectTo(config: ConnectionConfig, options: ConnectOptions): Api {
  return connectOver(httpTransport, config, options)
}
