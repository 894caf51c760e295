/** What every injection says of itself. The table of all of them is `injections.ts`. */

/** What the pod of an injection may do beyond an ordinary one. */
export interface PodRights {
  /** Why it needs what it needs: one sentence for whoever reviews the manifest. */
  readonly why: string
  readonly privileged: boolean
  /** Capabilities of a pod that is not privileged. */
  readonly capabilities: readonly string[]
  /** Devices and folders of the node, as path of node and pod alike. */
  readonly hostPaths: readonly string[]
  /** The processes of the node are seen, so that nsenter(1) reaches its first one. */
  readonly hostPid: boolean
  readonly memoryLimit: string
}

/** One way to bring a fault about, and to end it. */
export interface Injection {
  readonly name: string
  /** One sentence for people: what happens to the node. */
  readonly says: string
  /** What ends the fault, also when nobody is left to end it. */
  readonly undoneBy: string
  /** Reasons that it brings about; `kernel lines`: every reason of which the catalogue has a line of the kernel log. */
  readonly reasons: readonly string[] | 'kernel lines'
  /** The evidence carries the drill's mark. False: the kernel or a monitor itself says so, and a repair may follow. */
  readonly marked: boolean
  /** The text of the evidence holds the drill's token, so that no other fault of the same reason is taken for it. */
  readonly namesItself: boolean
  /** Who suffers while it lasts: nobody, the drill's own pod, or the node. */
  readonly harms: 'nobody' | 'its pod' | 'the node'
  /** How long the agent may take to find it, milliseconds: the interval and the raise time of the monitor. */
  readonly foundWithinMs: number
  readonly rights: PodRights
  /** The pod's shell script, a literal. It reads `HOLD` (seconds), `TOKEN`, `BEGIN_LINES` and `END_LINES` from its environment. */
  readonly script: string
}

/** An ordinary pod: no privilege, nothing of the node. */
export const ordinary: PodRights = {
  why: 'it needs nothing of the node',
  privileged: false,
  capabilities: [],
  hostPaths: [],
  hostPid: false,
  memoryLimit: '32Mi',
}

/** The script makes it when the fault is there; the pod is Ready from then on. */
export const readyFile = '/tmp/injected'

/**
 * Runs `fault`, holds it for `HOLD` seconds or until the pod is told to end, and runs `undo` once. Whatever the fault
 * needs beside that ends with the pod's processes.
 */
export function heldScript(fault: string, undo = ':'): string {
  return `set -u
ended=
end() { [ -z "$ended" ] || return 0; ended=1; ${undo}; }
trap 'end; exit 0' TERM INT
trap end EXIT
${fault}
: > ${readyFile}
sleep "$HOLD" & wait $!
`
}
