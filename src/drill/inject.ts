/** Injects a fault: one line in the kernel log, which the kernel marks as written by user space. */
import { accessSync, constants, statSync, writeFileSync } from 'node:fs'

/** The log that takes injected lines: the machine's kernel log, or a file in its place. */
export interface InjectionLog {
  readonly path: string
  readonly real: boolean
  /** Why the real one is not used; absent when it is. */
  readonly why?: string
}

/** The kernel log `device` where this process may read and write it, else `standIn`. The real log is only ever a device. */
export function chooseInjectionLog(device: string, standIn: string): InjectionLog {
  try {
    if (!statSync(device).isCharacterDevice()) return { path: standIn, real: false, why: `${device} is no kernel log` }
    accessSync(device, constants.R_OK | constants.W_OK)
    return { path: device, real: true }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error)
    return { path: standIn, real: false, why: `${device} cannot be read and written here (${code})` }
  }
}

/** Priority 3 (error) of facility 1 (user): the kernel's value for a write with `<3>`. */
const userError = 11

/** Writes one line. A stand-in file gets the record as /dev/kmsg would show it. */
export function inject(log: InjectionLog, line: string, sequence: number, uptimeUs: number): void {
  const record = log.real ? `<3>${line}\n` : `${userError},${sequence},${uptimeUs},-;${line}\n`
  writeFileSync(log.path, record, { flag: log.real ? 'w' : 'a' })
}
