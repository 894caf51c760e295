/**
 * How many environment variables processes have: fs/proc/base.c, `environ`. The kernel takes a lock of the process for
 * it, so files are read in the thread pool, one after the other: a process that hangs there holds up nothing else.
 */
import { type Host, textOf } from '../../../host/host.ts'
import type { Look } from '../../probe.ts'

export interface EnvironmentsSample {
  /** Processes with more than {@link worthNaming} variables. */
  readonly large: readonly { readonly pid: number; readonly name: string; readonly variables: number }[]
}

/** Fewer are never reported, whatever the limit. */
const worthNaming = 250
const mostProcesses = 5_000
/** The rest of a look's time is for the probe. */
const mostMs = 5_000

export async function readEnvironments(host: Host, monotonic: () => number): Promise<Look<EnvironmentsSample>> {
  const pids = host.list('proc').filter((name) => /^\d+$/.test(name))
  if (pids.length === 0) return { absent: 'the machine has no processes: its /proc was not saved' }
  const ends = monotonic() + mostMs
  const large: { pid: number; name: string; variables: number }[] = []
  for (const pid of pids.slice(0, mostProcesses)) {
    if (monotonic() > ends) break
    const variables = countVariables(textOf(await host.readSlowly(`proc/${pid}/environ`)) ?? '') // ended, or refused
    if (variables <= worthNaming) continue
    const name = textOf(host.read(`proc/${pid}/comm`))?.trim() ?? 'unknown'
    large.push({ pid: Number(pid), name, variables })
  }
  return { sample: { large } }
}

/** Entries end with a NUL; empty ones are left by programs that rename themselves. */
function countVariables(text: string): number {
  return text.split('\0').filter((entry) => entry !== '').length
}
