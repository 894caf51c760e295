/** Chooses the reader of a kernel log at every opening, because an absent path may later be a device or a file. */
import { closeSync, constants, openSync, statSync } from 'node:fs'
import type { Clock } from '../../../telemetry/clock.ts'
import { type DeviceOptions, openKmsgDevice } from './device.ts'
import { openKmsgFile } from './file.ts'
import type { KmsgReader } from './reader.ts'

/** Device number of /dev/kmsg: major 1, minor 11 (Documentation/admin-guide/devices.txt), packed as in stat(2). */
const kmsgNumber = (1 << 8) | 11

export type LogKind = 'device' | 'file'

/**
 * Returns the kind of log at `path`; undefined when nothing exists there. Throws for any other device, which
 * containerised nodes have (`/dev/kmsg` → `/dev/console`): reading it never ends or takes input from other readers.
 */
export function kindOfLog(path: string): LogKind | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return undefined
  if (stat.isDirectory()) throw new Error(`${path} is a folder; give the kernel log or a file with --kmsg`)
  if (!stat.isCharacterDevice() && !stat.isBlockDevice()) return 'file'
  if (stat.isCharacterDevice() && stat.rdev === kmsgNumber) return 'device'
  throw new Error(`${path} is a device, but not the kernel log; mount the host’s /dev/kmsg, or give a file with --kmsg`)
}

/**
 * Whether the device at `path` is there and this process may not open it: a container runtime opens no device to a container
 * that is not privileged, and the kernel asks for CAP_SYSLOG (kernel.dmesg_restrict).
 */
export function isRefused(path: string): boolean {
  try {
    if (kindOfLog(path) !== 'device') return false
    closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK))
    return false
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException // node:fs throws ErrnoException
    return code === 'EPERM' || code === 'EACCES'
  }
}

/** Opens the log at `path`, a file at byte `from`. Throws the errors of stat(2), open(2) and {@link kindOfLog}. */
export function openLog(path: string, clock: Clock, from = 0, device: Omit<DeviceOptions, 'clock'> = {}): KmsgReader {
  // When nothing exists there, opening it as a device reports ENOENT.
  return kindOfLog(path) === 'file' ? openKmsgFile({ path, clock, from }) : openKmsgDevice(path, { ...device, clock })
}

/** The log at one path during the agent's life: it may be absent at first, but its kind never changes afterwards. */
export class KernelLog {
  readonly #path: string
  readonly #clock: Clock
  #kind: LogKind

  /** The stored `cursors` decide the kind of a log that is absent now. */
  constructor(path: string, clock: Clock, cursors: Readonly<Record<string, number | string>>) {
    this.#path = path
    this.#clock = clock
    this.#kind = this.#look() ?? (`file:${path}` in cursors ? 'file' : 'device')
  }

  get kind(): LogKind {
    return this.#kind
  }

  /** The cursor's name in the state file. */
  get cursor(): string {
    return this.#kind === 'device' ? 'kmsg' : `file:${this.#path}`
  }

  /** Opens the log at `position`, which belongs to its kind. Throws the error that makes the log unreadable. */
  open(position: number | undefined, device: Omit<DeviceOptions, 'clock'>): KmsgReader {
    const kind = kindOfLog(this.#path) ?? this.#kind
    if (kind !== this.#kind && position !== undefined) {
      throw new Error(`${this.#path} was a ${this.#kind} and is now a ${kind}; restart the agent`)
    }
    this.#kind = kind
    return openLog(this.#path, this.#clock, position, device)
  }

  #look(): LogKind | undefined {
    try {
      return kindOfLog(this.#path)
    } catch {
      return undefined // opening it reports the error
    }
  }
}
