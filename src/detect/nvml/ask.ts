/** Starts the child that asks NVML. */
import type { ChildOutcome, Children } from '../host/children.ts'
import type { Host } from '../host/host.ts'

/** Longer than an initialisation of eight GPUs without persistence mode. */
export const answerMs = 30_000
/** The document of 64 GPUs has 300 kB. */
const mostBytes = 4_000_000

/** `program` is the path of main.ts, or of its bundle. What it prints is an `NvmlDocument`. */
export function askNvml(children: Children, program: string, host: Host): Promise<ChildOutcome> {
  const args = [program, host.root]
  return children.run({ name: 'nvml', file: process.execPath, args, deadlineMs: answerMs, mostBytes, own: true })
}
