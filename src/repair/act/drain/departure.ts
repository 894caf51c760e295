/** For what the pods of a node leave, and which of them. */
import type { GangPeer } from '../gang/peers.ts'
import type { PodObject } from './pod.ts'

/** What becomes of the machine once its pods have left. */
export interface Departure {
  /** It is taken away, and what tolerates our taint is lost with it. */
  readonly machineGoes: boolean
  /** The provider empties the node itself, and waits for each pod that does not tolerate this taint. */
  readonly providerTaint?: string | undefined
  /** Other sick nodes that may host pods of the same gangs. */
  readonly peers?: readonly GangPeer[]
  /** The pods that it is about; absent: all. The others stay. */
  readonly concerns?: ((pod: PodObject) => boolean) | undefined
}
