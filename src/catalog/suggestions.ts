/** What the catalogue suggests about each reason that a condition can name, the numbers of NVIDIA's tables included. */
import type { Remedy, Suggestion, Suggestions } from '../model/action.ts'
import type { CompiledCatalogue } from './compiled.ts'

/** The words of the tables that one of our actions answers; for every other word the reason of the rule decides. */
const remedyOf: Readonly<Record<string, Remedy>> = {
  'restart-app': 'RestartApp',
  'reset-gpu': 'ResetGPU',
  'drain-and-reset': 'ResetGPU',
  'drain-p2p': 'ResetGPU',
  // Another line of the same incident says more; what a reset does not mend, the next rung does.
  decode: 'ResetGPU',
  'follow-companion': 'ResetGPU',
  'follow-target': 'ResetGPU',
  'reboot-node': 'Reboot',
  'restart-vm': 'Reboot',
  'recover-imex': 'Reboot',
  'reset-fabric': 'Reboot',
  'replace-node': 'Replace',
}

/** By the name that the condition carries: `NvidiaXID95Error` where the line has a number. */
export function suggestionsOf({ reasons, tables }: CompiledCatalogue): Suggestions {
  const named = reasons.map(({ reason, repair, service }): [string, Suggestion] => [
    reason,
    { remedy: repair, ...(service && { service }) },
  ])
  const numbered = [
    ...tables.xids.map(({ code, action }) => [`NvidiaXID${code}Error`, action] as const),
    ...tables.sxids.map(({ code, action }) => [`NvidiaSXID${code}Error`, action] as const),
  ].map(([reason, action]): [string, Suggestion] => [reason, { remedy: remedyOf[action] ?? 'Replace' }])
  return new Map([...named, ...numbered])
}
