/** A day of virtual time on each healthy machine of fixtures/hosts: no monitor says anything above info. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { compileShipped } from '../../src/catalog/shipped.ts'
import { assemble } from '../../src/detect/assemble.ts'
import { decoders } from '../../src/detect/decode/decoders.ts'
import { type FileRead, type Host, openHost, type Space } from '../../src/detect/host/host.ts'
import { parseMounts } from '../../src/detect/host/mount-table.ts'
import { ScriptedChildren } from '../../src/detect/host/testing/scripted-children.ts'
import { createSteadyTime } from '../../src/detect/ledger/steady-time.ts'
import { createSettings, noOverrides } from '../../src/detect/lifecycle/settings.ts'
import { emptyState } from '../../src/detect/lifecycle/state.ts'
import { type Input, step } from '../../src/detect/lifecycle/step.ts'
import { compileMatchers } from '../../src/detect/match/compile.ts'
import { inputsOf } from '../../src/detect/monitors/monitor.ts'
import { SteppedClock, seededRandom } from '../../src/telemetry/clock.ts'
import { Registry } from '../../src/telemetry/exposition.ts'
import { silentLog } from '../../src/telemetry/log.ts'

const hosts = join(import.meta.dirname, '..', '..', 'fixtures', 'hosts')
const catalogue = compileShipped(join(import.meta.dirname, '..', '..', 'catalog'))
const matchers = compileMatchers(catalogue, decoders)
const day = 86_400_000
const stepMs = 10_000

/** A working machine: packets and requests go on, its disks are 60 % full, and now and then a packet is damaged. */
function atWork(root: string, clock: SteppedClock): Host {
  const host = remembered(openHost(root))
  const numbers = new Map<string, string>()
  const read = (inside: string): FileRead => {
    const found = host.read(inside)
    if (!('text' in found)) return found
    const seconds = clock.monotonic() / 1_000
    if (/statistics\/.x_packets$/.test(inside)) return { text: `${Number(found.text) + Math.round(seconds * 900)}\n` }
    if (/statistics\//.test(inside)) return { text: `${Number(found.text) + Math.round(seconds / 600)}\n` }
    if (inside !== 'proc/diskstats') return found
    return {
      text: found.text.replace(
        /^( *\d+ +\d+ \S+ )(\d+)/gm,
        (_row, head: string, reads: string) => `${head}${Number(reads) + Math.round(seconds * 40)}`,
      ),
    }
  }
  const mounts = host.read('proc/1/mountinfo')
  for (const { where, number } of 'text' in mounts ? parseMounts(mounts.text) : []) numbers.set(where.slice(1), number)
  const space = (inside: string): Promise<Space | undefined> =>
    Promise.resolve({
      device: numbers.get(inside) ?? '',
      usedBytes: 60e9,
      freeBytes: 40e9,
      inodes: 1e6,
      freeInodes: 8e5,
    })
  return { ...host, read, readSlowly: (inside) => Promise.resolve(read(inside)), space }
}

/** Reads each file once: the tree does not change, and a day has a million reads. */
function remembered(host: Host): Host {
  const once = <T>(call: (inside: string) => T): ((inside: string) => T) => {
    const known = new Map<string, T>()
    return (inside) => {
      const found = known.get(inside) ?? call(inside)
      known.set(inside, found)
      return found
    }
  }
  const read = once(host.read)
  // From memory at once: the stepped clock does not wait for the thread pool.
  const readSlowly = (inside: string): Promise<FileRead> => Promise.resolve(read(inside))
  return { ...host, read, readSlowly, list: once(host.list), link: once(host.link) }
}

/** Everything above info that was raised in a day, and the conditions at its end. */
async function dayOf(root: string) {
  const clock = new SteppedClock()
  const settings = createSettings({ reasons: catalogue.reasons, overrides: noOverrides, acceptUserspace: true })
  const time = createSteadyTime(clock, () => clock.monotonic() + 864_000_000, 'boot', undefined)
  const { monitors } = assemble({
    host: atWork(root, clock),
    children: new ScriptedChildren(),
    clock,
    random: seededRandom(1),
    time,
    log: silentLog,
    registry: new Registry(),
    settings: () => settings,
    catalogue: () => catalogue,
    matchers: () => matchers,
    kmsg: join(root, 'dev/kmsg'),
    cursors: {},
    sameBoot: true,
  })
  const raised = new Set<string>()
  let inputs: Input[] = [{ kind: 'monitors', monitors }]
  let state = emptyState('boot', clock.now())
  const files = monitors.find(({ name }) => name === 'log-files')
  let looks = 0
  for (const monitor of monitors)
    monitor.start((from, observation) => {
      if (from === files) looks++
      inputs.push(...inputsOf(from, observation))
    })
  for (let passed = 0; passed < day; passed += stepMs) {
    const before = looks
    await clock.advance(stepMs)
    // Log files are read by the real disk, which stepped time outruns.
    for (let n = 0; n < 10_000 && files?.absent === undefined && looks === before; n++) await setImmediate()
    state = step(state, inputs, time.moment(), settings).state
    inputs = []
    for (const finding of state.findings.values()) {
      const severity = finding.raisedAt !== undefined && settings.severityOf(finding.leader, finding)
      if (severity && severity !== 'info')
        raised.add(`${finding.leader.reason}: ${finding.leader.message} on ${finding.leader.device}`)
    }
  }
  for (const monitor of monitors) monitor.stop()
  return {
    raised: [...raised],
    conditions: Object.entries(state.conditions).map(([type, { status }]) => `${type} ${status}`),
  }
}

describe('a day on a healthy machine', () => {
  for (const name of readdirSync(hosts).filter((one) => one !== 'gpu-lost')) {
    it(name, async () => {
      const { raised, conditions } = await dayOf(join(hosts, name))
      assert.deepEqual(raised, [])
      assert.deepEqual(
        conditions.filter((one) => !one.endsWith(' True')),
        [],
      )
    })
  }
})
