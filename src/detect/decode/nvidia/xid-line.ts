/**
 * The grammar of an Xid line, all generations of the driver (1: without `PCI:`; 2: with it; 3: with pid and name;
 * 4: these two only where there is a process), MIG instances, function digits and domains other than zero included.
 * Source: nv_report_error of the open kernel modules, and lines of older drivers in public reports.
 */

/** One Xid line, taken apart. */
export interface XidLine {
  /** PCI address in lower case, as in the line without a function digit: `0000:3b:00`. */
  readonly device: string
  /** `GPU instance 5`, `GPU instance 5, compute instance 0`; absent for the whole GPU. */
  readonly instance?: string
  readonly code: number
  readonly pid?: number
  readonly process?: string
  /** Everything behind code, pid and name; often empty. */
  readonly text: string
}

/**
 * The driver's tag has to start the record: text that merely quotes an Xid (audit, sudo, a grep over logs) does not.
 * Only what printk or a careless copy leaves in front is tolerated: `[ T1946] ` and `kernel: `.
 */
const head =
  /^(?:\[ {0,8}[TC]\d{1,10}\] )?(?:kernel: ?)?NVRM: {1,4}Xid ?\((?:PCI:)?((?:[\da-f]{4,8}:)?[\da-f]{2,4}:[\da-f]{2})(?:\.[\da-f])?(?: GPU-I:(\d{1,4}))?(?: GPU-CI:(\d{1,4}))?\): {0,4}(\d{1,9})(?:,|\s*$)/i

const owner = /^\s*(?:pid=('?<unknown>'?|\d{1,10})(?:, ?|$))?\s*(?:name=([^,]{0,128})(?:, ?|$))?/

/** Takes a line apart, or returns undefined for a line that is no Xid. Linear in its length; never throws. */
export function readXidLine(line: string): XidLine | undefined {
  const found = head.exec(line)
  if (!found) return undefined
  const [whole, device = '', gpu, compute, code = ''] = found
  const detail = line.slice(whole.length)
  const by = owner.exec(detail)
  const [taken = '', pid, name] = by ?? []
  return {
    device: device.toLowerCase(),
    ...(gpu !== undefined && { instance: instanceOf(gpu, compute) }),
    code: Number(code),
    ...(pid !== undefined && /^\d+$/.test(pid) && { pid: Number(pid) }),
    ...(name !== undefined && name !== '<unknown>' && name !== '' && { process: name }),
    text: detail.slice(taken.length).trim(),
  }
}

function instanceOf(gpu: string, compute: string | undefined): string {
  const whole = `GPU instance ${Number(gpu)}`
  return compute === undefined ? whole : `${whole}, compute instance ${Number(compute)}`
}
