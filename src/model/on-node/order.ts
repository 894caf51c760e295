/**
 * What a pod on a node is asked to do, and how it answers: the contract between the controller, which makes the pod, and
 * `nodemend on-node`, which runs in it. A verb of a closed list and a checked identity, never a command of anybody's.
 */
import { questioned } from '../shown.ts'

/** Services that may be restarted, and the units of systemd that they are called on one distribution or another. */
export const services = {
  kubelet: ['kubelet.service', 'snap.kubelet-eks.daemon.service'],
  'container-runtime': ['containerd.service', 'crio.service', 'cri-o.service'],
  'time-sync': ['chronyd.service', 'chrony.service', 'systemd-timesyncd.service', 'ntpd.service'],
  resolver: ['systemd-resolved.service'],
  'nvidia-persistenced': ['nvidia-persistenced.service'],
  'nvidia-fabricmanager': ['nvidia-fabricmanager.service', 'nv-fabricmanager.service'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export type Service = keyof typeof services
export const serviceNames = Object.keys(services) as readonly Service[] // its keys

export function isService(text: string): text is Service {
  return Object.hasOwn(services, text)
}

/** A GPU by its PCI address as the kernel writes it, `0000:3b:00.0`. */
const pciAddress = /^[0-9a-f]{4}:[0-9a-f]{2}:[01][0-9a-f]\.[0-7]$/

export function isPciAddress(text: string): boolean {
  return pciAddress.test(text)
}

/** The name of an archive: that of an attempt, which is no path. */
const archiveName = /^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/

export function isArchiveName(text: string): boolean {
  return archiveName.test(text) && !text.includes('..')
}

/** What the pod is to do. */
export type OnNodeTask =
  | { readonly verb: 'restart-service'; readonly service: Service }
  /** PCI addresses. */
  | { readonly verb: 'reset-gpu'; readonly gpus: readonly string[] }
  /** `name`: of the archive. */
  | { readonly verb: 'collect'; readonly name: string }

export type OnNodeVerb = OnNodeTask['verb']

/** One task for one boot of one machine, at its time. */
export interface OnNodeOrder {
  readonly task: OnNodeTask
  /** The boot for which it was decided: after another one it is over. */
  readonly bootId: string
  /** Epoch milliseconds after which it must not begin any more, by the clock of the node. */
  readonly notAfter: number
}

/** The arguments of `nodemend on-node` for an order. */
export function argumentsOf({ task, bootId, notAfter }: OnNodeOrder): readonly string[] {
  return [task.verb, ...subjectsOf(task), `--boot-id=${bootId}`, `--not-after=${notAfter}`]
}

function subjectsOf(task: OnNodeTask): readonly string[] {
  switch (task.verb) {
    case 'restart-service':
      return [task.service]
    case 'reset-gpu':
      return task.gpus
    case 'collect':
      return [task.name]
  }
}

/** `done`: it is. `refused`: nothing was touched. `failed`: it was tried. */
export const outcomes = ['done', 'failed', 'refused'] as const

export interface OnNodeResult {
  readonly outcome: (typeof outcomes)[number]
  /** One sentence for people. */
  readonly why: string
}

/** Exit statuses of `nodemend on-node`; everything else is a failure. */
export const exitStatuses: Readonly<Record<OnNodeResult['outcome'], number>> = { done: 0, failed: 1, refused: 3 }

/** kubelet keeps 4096 bytes of a termination message. */
const mostMessageBytes = 4096
const mostWhy = 1000

/** The pod's termination message. */
export function messageOf({ outcome, why }: OnNodeResult): string {
  return JSON.stringify({ outcome, why: fitting(why) })
}

/** Reads a termination message and the exit status; whoever wrote the message, no character of it reaches a terminal raw. */
export function resultOf(status: number, message = ''): OnNodeResult {
  const outcome = outcomes.find((one) => exitStatuses[one] === status) ?? 'failed'
  const why = whyIn(message.slice(0, mostMessageBytes)) ?? `it ended with status ${status} and said nothing`
  return { outcome, why: fitting(why) }
}

function whyIn(message: string): string | undefined {
  try {
    const { why } = JSON.parse(message) as { readonly why?: unknown }
    return typeof why === 'string' && why !== '' ? why : undefined
  } catch {
    return message.trim() === '' ? undefined : message
  }
}

function fitting(why: string): string {
  const seen = questioned(why, ' ').trim()
  return seen.length > mostWhy ? `${seen.slice(0, mostWhy - 1)}…` : seen
}
