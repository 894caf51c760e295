/** What every request of one server shares. */
import type { Cluster } from '../cluster.ts'
import type { User } from './access.ts'

export interface ServerState {
  readonly cluster: Cluster
  readonly users: readonly User[]
  /** Host and port as discovery names them, e.g. `127.0.0.1:6443`. */
  readonly address: () => string
  /** Ends of the watches that run; the server calls them when it stops. */
  readonly watches: Set<() => void>
}
