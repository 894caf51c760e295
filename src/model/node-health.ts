/**
 * The structured report of a node: what a condition's message cannot hold. Its agent writes it as a NodeHealth of the
 * node's name. Times are RFC 3339.
 */
import type { ConditionType } from './condition.ts'
import type { Trust } from './evidence.ts'
import type { Severity } from './finding.ts'

/** Which physical part a device is: what of it stays the same over reboots and loads of its driver. */
export interface DeviceIdentity {
  /** As the finding names it: a PCI address, a block device, an interface, `cpu3`. May change with a reboot. */
  readonly name: string
  /** PCI address with domain and function, lower case. */
  readonly pci?: string
  readonly uuid?: string
  readonly serial?: string
  readonly mac?: string
  readonly model?: string
}

export interface HealthFinding {
  readonly reason: string
  readonly condition: ConditionType
  /** As it counts now: after overrides, trust and acknowledgement. */
  readonly severity: Severity
  readonly message: string
  /** When its first line was logged, or its first look. */
  readonly since: string
  readonly lastSeen: string
  readonly trust: Trust
  /** Lines of a log so far; 1 for a measured state. */
  readonly count: number
  readonly device?: DeviceIdentity
  /** True: logged before the agent first ran on the node. */
  readonly before?: boolean
  readonly acknowledgedUntil?: string
  /** The drill that injected it. */
  readonly drill?: string
}

export interface HealthMonitor {
  readonly name: string
  readonly state: 'pending' | 'checked' | 'blind' | 'stuck'
  /** Why it cannot look. */
  readonly why?: string
  /** What this machine does not have, so that there is nothing to look at. */
  readonly absent?: string
  /** Age of its newest look when the report was written, seconds; absent before the first. */
  readonly lookAgeSeconds?: number
}

/** A device that may have gone. */
interface Lasting {
  /** True: it was there since the agent started, and is not any more. */
  readonly gone?: boolean
}

export interface Accelerator extends Lasting {
  readonly kind: string
  readonly pci: string
  /** Vendor and device id, e.g. `10de:2330`. */
  readonly id: string
  readonly driver?: string
  readonly driverVersion?: string
  readonly model?: string
  readonly uuid?: string
  readonly serial?: string
  readonly firmware?: string
}

export interface Disk extends Lasting {
  readonly name: string
  readonly sizeBytes?: number
  readonly model?: string
  readonly serial?: string
  /** World Wide Identifier, which partitions and paths of one disk share. */
  readonly wwid?: string
  readonly firmware?: string
  readonly pci?: string
}

export interface Nic extends Lasting {
  readonly name: string
  /** The permanent address where the kernel shows it, else the one in use. */
  readonly mac?: string
  readonly pci?: string
  readonly driver?: string
}

/** Kernel, boot and firmware of the machine. */
export interface Machine {
  readonly bootId: string
  readonly kernel?: string
  readonly os?: string
  readonly firmware?: string
  readonly product?: string
  readonly serial?: string
}

export interface NodeHealthReport {
  readonly machine: Machine
  /** The gravest first. */
  readonly findings: readonly HealthFinding[]
  /** Findings that found no room. */
  readonly moreFindings?: number
  readonly monitors: readonly HealthMonitor[]
  readonly accelerators: readonly Accelerator[]
  readonly disks: readonly Disk[]
  readonly nics: readonly Nic[]
}
