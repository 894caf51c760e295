/** The front door of the client for programs that list and watch: over Node's own HTTP client. */
import type { Api } from './api.ts'
import { type ConnectionConfig, type ConnectOptions, connectOver } from './connection.ts'
import { httpTransport } from './http/transport.ts'

/**
 * Opens nothing yet: sockets are made by the first calls and then reused. Throws KubeError `NM_KUBE_CONFIG` when the
 * address is not one.
 */
export function connectTo(config: ConnectionConfig, options: ConnectOptions): Api {
  return connectOver(httpTransport, config, options)
}
