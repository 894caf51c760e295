/** What the provider asks of AWS: a small interface, so that everything but the edge is tested without the SDK. */

/** An instance as EC2 and its Auto Scaling group tell of it. */
export interface Instance {
  readonly id: string
  /** EC2's word: pending, running, stopping, stopped, shutting-down, terminated. `unheard`: EC2 has no such instance. */
  readonly state: string
  /** The Auto Scaling group it belongs to; absent: to none. */
  readonly group?: string
  /** The group's word: InService, Standby, Terminating:Wait and others. */
  readonly lifecycle?: string
  /** EC2's status checks that fail now: system, instance, EBS. */
  readonly failing: readonly string[]
  readonly events: readonly ScheduledEvent[]
}

/** Work on the instance or its host that EC2 has planned. */
export interface ScheduledEvent {
  /** instance-reboot, system-reboot, system-maintenance, instance-retirement, instance-stop. */
  readonly code: string
  readonly notBefore?: number
  readonly notAfter?: number
}

export interface Group {
  readonly name: string
  readonly desired: number
  readonly max: number
  readonly instances: readonly { readonly id: string; readonly lifecycle: string }[]
  /** Processes that somebody stopped: `Launch`. */
  readonly suspended: readonly string[]
  /** Value of the tag {@link growthTag}. */
  readonly mark?: string
}

/** A managed node group as EKS tells of it. */
export interface Nodegroup {
  /** EKS's word: ACTIVE, UPDATING, DEGRADED and others. */
  readonly status: string
  /** What EKS finds wrong with the group itself, for people: it cannot start instances, for example. */
  readonly issues: readonly string[]
  /** Whether EKS repairs its nodes. */
  readonly repairs: boolean
  /** Limits and overrides of that repair in words, for people. */
  readonly limits: string
}

/** What is changed in AWS. Each names one object, so that a repetition changes nothing more. */
export type Change =
  | { readonly kind: 'reboot'; readonly instance: string }
  | { readonly kind: 'terminate'; readonly instance: string; readonly decrement: boolean }
  /** The tag first: it says that the size was raised for a replacement, and to what. */
  | { readonly kind: 'mark'; readonly group: string; readonly mark: string }
  | { readonly kind: 'resize'; readonly group: string; readonly desired: number }

/** The tag of a group that was made larger for a replacement. */
export const growthTag = 'nodemend.dev/replace-first'

/** Calls end within `timeoutMs`, and reject with what AWS or the network said; none is repeated by itself. */
export interface Cloud {
  instance(id: string, timeoutMs: number): Promise<Instance>
  /** Undefined: there is none of that name. */
  group(name: string, timeoutMs: number): Promise<Group | undefined>
  /** A managed node group of the cluster. */
  nodegroup(name: string, timeoutMs: number): Promise<Nodegroup>
  /** The group's activity that ends the instance, in its own words; undefined: none is known. */
  ending(group: string, instance: string, timeoutMs: number): Promise<string | undefined>
  change(change: Change, timeoutMs: number): Promise<void>
}
