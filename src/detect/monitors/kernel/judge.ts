/** What the reading of the kernel log finds about itself; the reasons are entries of catalog/kernel.yaml. Pure. */
import type { Match } from '../../../model/finding.ts'

/** Records of the kernel log were lost before they were read: what they said will never be known. */
export function judgeOverrun(lost: number): Match {
  return {
    rule: 'KernelLogOverrun/kmsg',
    reason: 'KernelLogOverrun',
    entry: 'KernelLogOverrun',
    condition: 'KernelReady',
    severity: 'warning',
    scope: 'hardware',
    family: 'kernel',
    code: 'overrun',
    message: `${lost} records of the kernel log were overwritten before they could be read`,
  }
}

/** The kernel log cannot be read: the node is watched with one eye closed. */
export function judgeFailed(error: Error): Match {
  return {
    rule: 'MonitorFailed/kernel',
    reason: 'MonitorFailed',
    entry: 'MonitorFailed',
    condition: 'KernelReady',
    severity: 'warning',
    scope: 'application',
    family: 'kernel',
    code: 'failed',
    message: `The kernel log cannot be read: ${explain(error)}`,
  }
}

/** What to do about it, in the words of the message. */
export function explain(error: Error): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'EPERM':
    case 'EACCES':
      return 'permission denied; run privileged, or as root with CAP_SYSLOG'
    case 'ENOENT':
      return 'there is no such file; mount the host at HOST_ROOT, or give a file with --kmsg'
    default:
      return error.message
  }
}
