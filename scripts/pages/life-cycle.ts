/** docs/reference/life-cycle.md: the contract that test/life-cycle holds the agent to. */
import { formatDuration } from '../../src/catalog/duration.ts'
import { compileShipped } from '../../src/catalog/shipped.ts'
import { type Contract, contractsOf, type Ending } from '../../test/life-cycle/contract.ts'

export function lifeCyclePage(catalogueFolder: string, notice: string): string {
  const contracts = contractsOf(compileShipped(catalogueFolder))
  return `${notice}
# Life cycle of each reason

One row per reason, and one set of tests per row: \`test/life-cycle\` raises each reason in a whole agent with a stepped clock, and
holds it to what its row says.

* **raised by**: the log or the monitor that sees the fault, and how many lines or how long it takes.
* **ends**: the first of these. *value*: the monitor no longer measures it, at most two of its periods later. *line*: a line says that it
  is over. *quiet*: that long without another line. *expiry*: that long after the newest line in any case.
* **held**: a finding that has just been raised stays at least this long, so that no condition flaps.
* **new boot**: what a reboot does. **driver load**: the first line of the accelerator's driver ends it.
* **longest stay**: the longest time after the fault is gone. *until a boot*: the fault is of the kind that does not pass without one, so
  the entry declares that nothing else ends it.

A restart of the agent changes nothing, for any reason: the finding keeps its name, its times and its Event, the condition its transition
time, the log its cursor and a counter its base.

| reason | raised by | ends | held | new boot | driver load | longest stay |
|---|---|---|---|---|---|---|
${contracts.map(row).join('\n')}
`
}

function row(contract: Contract): string {
  const { entry, ends, latchMs, byDriver } = contract
  const { holdMs, clearedByBoot } = entry.lifecycle
  const latch = latchMs !== undefined ? formatDuration(latchMs) : clearedByBoot ? 'until a boot' : 'until a person acts'
  const cells = [
    `[${entry.reason}](catalogue.md#${entry.reason.toLowerCase()})`,
    raisedBy(contract),
    ends.map(endText).join(', ') || '-',
    formatDuration(holdMs),
    clearedByBoot ? 'ends it' : 'it stays',
    byDriver ? 'ends it' : '-',
    latch,
  ]
  return `| ${cells.join(' | ')} |`
}

function raisedBy({ by, entry }: Contract): string {
  const { count, withinMs, forMs } = entry.lifecycle.raise
  if ('agent' in by) return 'the agent itself'
  if ('log' in by)
    return count === 1 ? `${by.log}, one line` : `${by.log}, ${count} lines in ${formatDuration(withinMs)}`
  const time = forMs === undefined ? '' : `, for ${formatDuration(forMs)}`
  return `monitor ${by.monitor}, each ${formatDuration(by.everyMs)}${time}`
}

function endText(ending: Ending): string {
  return 'ms' in ending ? `${ending.kind} ${formatDuration(ending.ms)}` : ending.kind
}
