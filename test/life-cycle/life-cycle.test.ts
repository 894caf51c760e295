/**
 * The life cycle contract of every reason of the catalogue, held by the whole agent: how it is raised, what a restart of
 * the agent, a recovery, quiet, a new boot and a new load of the driver do to it, and how long it stays.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { compileShipped, loadShipped } from '../../src/catalog/shipped.ts'
import { allMonitors } from '../../src/detect/assemble.ts'
import { roundMs } from '../../src/detect/monitors/rounds.ts'
import { Bed } from './bed.ts'
import { type Contract, contractsOf, driverLoad } from './contract.ts'
import { amountsOf, type SampleLine, Samples } from './samples.ts'

const folder = join(import.meta.dirname, '..', '..', 'catalog')
const catalogue = compileShipped(folder)
const samples = new Samples(catalogue, loadShipped(folder))
const contracts = contractsOf(catalogue)
const second = 1_000
const day = 86_400_000
/** Long enough that nothing but a boot can be meant to end what still stands. */
const latchedMs = 3 * day

/** How the test makes a fault, and how it takes it away. */
interface Fault {
  /** Makes it; resolves when the reason must be raised. */
  begin(): Promise<void>
  /** Takes it away. What was logged stays logged. */
  over(): void
}

/** The agent with the rules of one reason, and those that end others. */
function bedFor(t: TestContext, { entry, by }: Contract): Bed {
  const rules = catalogue.rules.filter(({ reason, recovery }) => recovery || reason === entry.reason)
  const own = 'agent' in by ? allMonitors.find(({ everyMs }) => everyMs === roundMs)?.name : undefined
  const bed = new Bed({ ...catalogue, rules }, 'monitor' in by ? by.monitor : own)
  t.after(async () => {
    await bed.stop()
    bed.end()
  })
  return bed
}

function lineFault(bed: Bed, { entry }: Contract, line: SampleLine): Fault {
  return {
    async begin() {
      const { count } = entry.lifecycle.raise
      for (let n = 1; n <= count; n++) {
        assert.equal(bed.raised(entry.reason).length, 0, `raised by ${n - 1} of ${count} lines`)
        bed.write(line.log, line.text, line.origins)
        await bed.clock.advance(second)
      }
    },
    over: () => undefined,
  }
}

function measuredFault(bed: Bed, { entry, by }: Contract): Fault {
  const { probe, lifecycle } = entry
  if (!probe || !('monitor' in by)) throw new TypeError(`${entry.reason} is not measured`)
  const names = allMonitors.find(({ name }) => name === by.monitor)?.values?.[probe.value]?.parts ?? []
  const parts = Object.fromEntries(names.map((name) => [name, 'x']))
  const { sick, well } = amountsOf(probe)
  return {
    async begin() {
      bed.measure({ value: probe.value, amount: sick, parts })
      const { forMs = 0 } = lifecycle.raise
      if (forMs > by.everyMs) {
        await bed.clock.advance(forMs - by.everyMs)
        assert.equal(bed.raised(entry.reason).length, 0, 'raised before its time')
      }
      await bed.clock.advance(3 * by.everyMs)
    },
    over: () => bed.measure({ value: probe.value, amount: well, parts }),
  }
}

/** The faults of the agent itself, by reason. */
const ownFaults: Readonly<Record<string, (bed: Bed) => Fault>> = {
  KernelLogOverrun: (bed) => ({
    async begin() {
      bed.lose(7)
      await bed.clock.advance(second)
    },
    over: () => undefined,
  }),
  KernelLogFlood: (bed) => ({
    async begin() {
      await bed.clock.advance(90 * second) // rates are counted from the second look on
      for (let n = 0; n < 2; n++) {
        bed.flood(1_000_000)
        await bed.clock.advance(30 * second)
      }
    },
    over: () => undefined,
  }),
  MonitorFailed: (bed) => ({
    async begin() {
      bed.failure = 'permission denied'
      await bed.clock.advance(10 * 60_000)
    },
    over: () => {
      bed.failure = undefined
    },
  }),
  AgentStateNotSaved: (bed) => ({
    async begin() {
      bed.disk.full = true
      bed.lose(1) // something to save
      await bed.clock.advance(10 * 60_000)
    },
    over: () => {
      bed.disk.full = false
    },
  }),
}

function faultOf(bed: Bed, contract: Contract): Fault {
  const { entry, by } = contract
  if ('monitor' in by) return measuredFault(bed, contract)
  if ('log' in by) {
    const [line] = samples.raising(contract)
    assert.ok(line, 'no sample of its rules is matched by them')
    return lineFault(bed, contract, line)
  }
  const own = ownFaults[entry.reason]
  assert.ok(own, `give ${entry.reason} its fault in ownFaults`)
  return own(bed)
}

/** The state file cannot be written then, so what it says is not what stands: Events say it. */
const unsaved = 'AgentStateNotSaved'
describe(unsaved, () => {
  it('is raised while the state cannot be saved, and ends when it can', async (t) => {
    const contract = contracts.find(({ entry }) => entry.reason === unsaved)
    assert.ok(contract)
    const bed = bedFor(t, contract)
    const told = () => [...bed.api.events.values()].map(({ type, message }) => `${type} ${message.slice(0, 40)}`)
    await bed.start()
    const fault = faultOf(bed, contract)
    await fault.begin()
    assert.ok(
      told().some((one) => one.startsWith(`Warning ${unsaved}: `)),
      'not raised',
    )
    fault.over()
    await bed.clock.advance(10 * 60_000)
    assert.ok(
      told().some((one) => one.startsWith(`Normal ${unsaved}: recovered`)),
      'stays after its time',
    )
  })
})

const isRaised = (bed: Bed, { entry }: Contract): boolean => bed.raised(entry.reason).length > 0

for (const contract of contracts) {
  const { entry, by, latchMs } = contract
  const { reason, condition, lifecycle } = entry
  if (reason === unsaved) continue
  describe(reason, () => {
    it('is raised once, stays over a restart of the agent, and neither flaps nor is told anew', async (t) => {
      const bed = bedFor(t, contract)
      await bed.start()
      await faultOf(bed, contract).begin()
      const [finding] = bed.raised(reason)
      assert.ok(finding, 'not raised')
      const [events, statuses] = [[...bed.api.events.keys()], [...bed.statusesOf(condition)]]
      const since = bed.api.condition(condition)?.lastTransitionTime
      for (let n = 0; n < 2; n++) {
        await bed.restart()
        await bed.clock.advance('monitor' in by ? 2 * by.everyMs : second)
        assert.deepEqual(
          bed.raised(reason).map(({ id }) => id),
          [finding.id],
          'another finding after a restart',
        )
      }
      assert.deepEqual([...bed.api.events.keys()], events, 'told again after a restart')
      if (reason !== 'MonitorFailed') assert.deepEqual(bed.statusesOf(condition), statuses, 'the condition flapped')
      assert.equal(bed.api.condition(condition)?.lastTransitionTime, since)
      const condemned = finding.leader.severity === 'fatal' && finding.leader.scope === 'hardware'
      if (condemned) assert.equal(bed.api.condition(condition)?.status, 'False')
    })

    it('ends as its entry says, and not before', async (t) => {
      const bed = bedFor(t, contract)
      await bed.start()
      const fault = faultOf(bed, contract)
      await fault.begin()
      const [finding] = bed.raised(reason)
      assert.ok(finding?.raisedAt !== undefined, 'not raised')
      fault.over()
      if (latchMs === undefined) {
        await bed.pass(latchedMs)
        assert.ok(isRaised(bed, contract), 'ended, though its entry names no time')
        return
      }
      const rest = finding.raisedAt + lifecycle.holdMs - bed.clock.now()
      const ends = finding.lastAt + ('monitor' in by || 'agent' in by ? 0 : latchMs) - bed.clock.now()
      await bed.pass(Math.max(rest, ends) - 2 * second)
      assert.ok(isRaised(bed, contract), 'ended before its time')
      const periods = 'monitor' in by ? 2 * by.everyMs : 'agent' in by ? latchMs : 0
      await bed.clock.advance(periods + 4 * second)
      assert.ok(!isRaised(bed, contract), 'stays after its time')
      const statuses = bed.statusesOf(condition)
      assert.ok(statuses.filter((one) => one === 'False').length <= 1, 'the condition flapped')
    })

    if (contract.ending.length > 0) {
      it('ends by a line that says so', async (t) => {
        const pair = samples.pair(contract)
        assert.ok(pair, 'give the sample of a recovery the device of a sample that raises')
        const [line, end] = pair
        const bed = bedFor(t, contract)
        await bed.start()
        await lineFault(bed, contract, line).begin()
        bed.write(end.log, end.text, end.origins)
        await bed.pass(lifecycle.holdMs + second)
        assert.ok(!isRaised(bed, contract), 'stays after the line')
      })
    }

    it(lifecycle.clearedByBoot ? 'ends by a new boot' : 'stays over a new boot', async (t) => {
      const bed = bedFor(t, contract)
      await bed.start()
      const fault = faultOf(bed, contract)
      await fault.begin()
      await bed.stop()
      fault.over()
      bed.reboot()
      await bed.start()
      const ownWay = !lifecycle.clearedByBoot && 'monitor' in by // the first looks of the new boot end it, after its hold
      await bed.clock.advance(ownWay ? lifecycle.holdMs + 2 * by.everyMs : second)
      assert.equal(isRaised(bed, contract), !lifecycle.clearedByBoot && !ownWay)
    })

    if (contract.byDriver) {
      it('ends by a new load of the driver', async (t) => {
        const bed = bedFor(t, contract)
        await bed.start()
        const [[line], [load]] = [samples.raising(contract), samples.withCode(driverLoad)]
        assert.ok(line && load)
        await lineFault(bed, contract, line).begin()
        bed.write(load.log, load.text, load.origins)
        await bed.pass(lifecycle.holdMs + second)
        assert.ok(!isRaised(bed, contract), 'stays after the load')
      })
    }
  })
}
