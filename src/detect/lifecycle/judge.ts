/** What the life cycle finds about itself; the reason is an entry of catalog/storage.yaml. Pure. */
import type { Match } from '../../model/finding.ts'
import type { Unsaved } from './saver.ts'

/** The state cannot be kept on the node's disk: what hangs, or is full, there is the node's trouble as well as ours. */
export function judgeUnsaved(why: Unsaved): Match {
  const hung = why === 'no answer'
  return {
    rule: 'AgentStateNotSaved/agent',
    reason: 'AgentStateNotSaved',
    entry: 'AgentStateNotSaved',
    condition: 'StorageReady',
    severity: 'warning',
    scope: 'hardware',
    family: 'storage',
    code: hung ? 'write-hung' : 'write-failed',
    message: hung
      ? 'the agent’s state file is being written and the disk does not answer'
      : `the agent’s state file cannot be written: ${why.message}`,
  }
}
