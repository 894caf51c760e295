/** Which reader a kernel log takes. Asked at every opening, because what was absent may turn up as either. */
import { statSync } from 'node:fs'
import type { Clock } from '../../../telemetry/clock.ts'
import { type DeviceOptions, openKmsgDevice } from './device.ts'
import { openKmsgFile } from './file.ts'
import type { KmsgReader } from './reader.ts'

/** Of /dev/kmsg: major 1, minor 11 (Documentation/admin-guide/devices.txt), as stat(2) packs them. */
const kmsgNumber = (1 << 8) | 11

export type LogKind = 'device' | 'file'

/**
 * What lies at `path`; undefined when nothing does. Throws for a device that is not the kernel log, as in nodes that are
 * containers (`/dev/kmsg` → `/dev/console`): its reads never end, or take away what others wait for.
 */
export function kindOfLog(path: string): LogKind | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return undefined
  if (stat.isDirectory()) throw new Error(`${path} is a folder; give the kernel log or a file with --kmsg`)
  if (!stat.isCharacterDevice() && !stat.isBlockDevice()) return 'file'
  if (stat.isCharacterDevice() && stat.rdev === kmsgNumber) return 'device'
  throw new Error(`${path} is a device, but not the kernel log; mount the host’s /dev/kmsg, or give a file with --kmsg`)
}

/** Opens the log at `path`, a file behind its byte `from`. Throws the error of stat(2) or open(2), and as {@link kindOfLog}. */
export function openLog(path: string, clock: Clock, from = 0, device: Omit<DeviceOptions, 'clock'> = {}): KmsgReader {
  // The device's own error says what is wrong with an absent one.
  return kindOfLog(path) === 'file' ? openKmsgFile({ path, clock, from }) : openKmsgDevice(path, { ...device, clock })
}

/** The log at one path over the life of an agent: absent at first, perhaps, then one kind of log for good. */
export class KernelLog {
  readonly #path: string
  readonly #clock: Clock
  #kind: LogKind

  /** `cursors` as they are stored tell which kind an absent log was. */
  constructor(path: string, clock: Clock, cursors: Readonly<Record<string, number | string>>) {
    this.#path = path
    this.#clock = clock
    this.#kind = this.#look() ?? (`file:${path}` in cursors ? 'file' : 'device')
  }

  get kind(): LogKind {
    return this.#kind
  }

  /** The name of its cursor in the state file. */
  get cursor(): string {
    return this.#kind === 'device' ? 'kmsg' : `file:${this.#path}`
  }

  /** Opens it to go on at `position`, which is of the kind of log that was read before. Throws what makes it unreadable. */
  open(position: number | undefined, device: Omit<DeviceOptions, 'clock'>): KmsgReader {
    const kind = kindOfLog(this.#path) ?? this.#kind
    if (kind !== this.#kind && position !== undefined) {
      throw new Error(`${this.#path} was a ${this.#kind} and is a ${kind} now: restart the agent`)
    }
    this.#kind = kind
    return openLog(this.#path, this.#clock, position, device)
  }

  #look(): LogKind | undefined {
    try {
      return kindOfLog(this.#path)
    } catch {
      return undefined // opening it says why
    }
  }
}
