import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import type { OnNodeResult, Service } from '../model/on-node/order.ts'
import { carryOut } from './carry-out.ts'
import { type Program, type ScriptedMachine, scriptedMachine } from './testing/scripted-machine.ts'

type Unit = Partial<Record<'LoadState' | 'ActiveState' | 'UnitFileState' | 'MainPID' | 'Result', string>>

const missing: Unit = { LoadState: 'not-found', ActiveState: 'inactive', MainPID: '0' }
const running: Unit = {
  LoadState: 'loaded',
  ActiveState: 'active',
  UnitFileState: 'enabled',
  MainPID: '100',
  Result: 'success',
}

/** systemctl over `units`; `restarted` says what a unit is at each later look. */
function systemctl(
  units: Readonly<Record<string, Unit>>,
  restarted: (look: number) => Unit | [number, string],
): Program {
  let looks = -1
  return ([file, verb, ...rest]) => {
    const unit = rest.at(-1) ?? ''
    if (file !== 'systemctl') return undefined
    if (verb === 'restart') {
      const first = restarted(0)
      if (Array.isArray(first)) return first
      looks = 0
      return ''
    }
    const now = looks >= 0 && units[unit] ? restarted(looks++) : (units[unit] ?? missing)
    return Array.isArray(now)
      ? now
      : Object.entries(now)
          .map((pair) => `${pair.join('=')}\n`)
          .join('')
  }
}

async function run(
  t: TestContext,
  program: Program,
  service: Service = 'container-runtime',
): Promise<[OnNodeResult, ScriptedMachine]> {
  const machine = scriptedMachine(t, program)
  const order = {
    task: { verb: 'restart-service', service },
    bootId: 'boot-1',
    notAfter: machine.clock.now() + 60_000,
  } as const
  return [await machine.through(carryOut(machine, order)), machine]
}

const restartsOf = ({ ran }: ScriptedMachine): readonly string[] => ran.filter((one) => one.includes(' restart '))

describe('a service', () => {
  test('that stays up with a new process is done', async (t) => {
    const [result, machine] = await run(
      t,
      systemctl({ 'containerd.service': running }, () => ({ ...running, MainPID: '200' })),
    )
    assert.deepEqual(result, {
      outcome: 'done',
      why: 'containerd.service is active as process 200 (before: process 100)',
    })
    assert.deepEqual(restartsOf(machine), ['systemctl restart containerd.service'])
  })

  test('is the one that runs, where the machine has two', async (t) => {
    const idle: Unit = { ...running, ActiveState: 'inactive', MainPID: '0' }
    const [, machine] = await run(
      t,
      systemctl({ 'containerd.service': idle, 'crio.service': running }, () => running),
    )
    assert.deepEqual(restartsOf(machine), ['systemctl restart crio.service'])
  })

  test('that has failed is started', async (t) => {
    const dead: Unit = { ...running, ActiveState: 'failed', MainPID: '0', Result: 'exit-code' }
    const [result] = await run(
      t,
      systemctl({ 'kubelet.service': dead }, () => running),
      'kubelet',
    )
    assert.equal(result.why, 'kubelet.service is active as process 100 (before: failed)')
  })

  test('that ends again and again has failed', async (t) => {
    const [result] = await run(
      t,
      systemctl({ 'containerd.service': running }, (look) => ({ ...running, MainPID: `${200 + look}` })),
    )
    assert.equal(result.outcome, 'failed')
    assert.match(result.why, /^containerd\.service did not stay active after its restart/)
    const down: Unit = { ...running, ActiveState: 'failed', MainPID: '0', Result: 'exit-code' }
    const [gone] = await run(
      t,
      systemctl({ 'containerd.service': running }, () => down),
    )
    assert.match(gone.why, /it is failed, result exit-code$/)
  })

  test('whose restart systemctl refuses has failed, with its words', async (t) => {
    const [result] = await run(
      t,
      systemctl({ 'containerd.service': running }, () => [1, 'Job failed.\nAccess denied']),
    )
    assert.deepEqual(result, {
      outcome: 'failed',
      why: 'systemctl restart containerd.service ended with status 1: Access denied',
    })
  })
})

describe('nothing is touched', () => {
  const refused = async (t: TestContext, program: Program, why: RegExp): Promise<void> => {
    const [result, machine] = await run(t, program)
    assert.equal(result.outcome, 'refused')
    assert.match(result.why, why)
    assert.deepEqual(restartsOf(machine), [])
  }

  test('where the unit is masked, switched off, or not there', async (t) => {
    const masked: Unit = { ...missing, LoadState: 'masked' }
    await refused(
      t,
      systemctl({ 'containerd.service': masked }, () => running),
      /containerd\.service is masked/,
    )
    const off: Unit = { ...running, ActiveState: 'inactive', UnitFileState: 'disabled', MainPID: '0' }
    await refused(
      t,
      systemctl({ 'containerd.service': off }, () => running),
      /disabled and does not run/,
    )
    await refused(
      t,
      systemctl({}, () => running),
      /has no unit containerd\.service or crio\.service/,
    )
  })

  test('where there is no systemctl, or it does not answer', async (t) => {
    await refused(t, () => undefined, /this machine has no systemctl/)
    await refused(t, () => [-1, 'did not answer within 15 s'], /did not answer within 15 s/)
  })

  test('for another boot, or too late', async (t) => {
    const machine = scriptedMachine(
      t,
      systemctl({ 'kubelet.service': running }, () => running),
    )
    const task = { verb: 'restart-service', service: 'kubelet' } as const
    const now = machine.clock.now()
    const other = await carryOut(machine, { task, bootId: 'boot-0', notAfter: now })
    assert.deepEqual([other.outcome, other.why], ['refused', 'the order is for boot boot-0, and this is boot boot-1'])
    const late = await carryOut(machine, { task, bootId: 'boot-1', notAfter: now - 1 })
    assert.match(late.why, /^the order was to begin by .*, and it is later on this node$/)
    assert.deepEqual(machine.ran, [])
  })
})
