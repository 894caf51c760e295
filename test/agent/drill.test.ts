/** Injected lines with a mark, from the kernel log to condition, Event and log of an agent. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { type AgentRig, rigFor } from './rig.ts'

const user = 12
const gpu = 'NVRM: Xid (PCI:0000:3b:00): 79, pid=1, GPU has fallen off the bus.'
const condition = (rig: AgentRig) => {
  const found = rig.api.condition('AcceleratedHardwareReady')
  return [found?.status, found?.reason, found?.message.slice(0, 30)]
}
const raised = (rig: AgentRig) => rig.logged().filter(({ msg }) => msg === 'finding raised')

describe('a marked line', () => {
  test('in Observe is told, and condemns nothing', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.log(`${gpu} nodemend-drill=a1`, user)
    await rig.pass(2_000)
    assert.equal(rig.api.condition('AcceleratedHardwareReady')?.status, 'True')
    assert.deepEqual(
      raised(rig).map(({ reason, severity, drill }) => [reason, severity, drill]),
      [['NvidiaXID79Error', 'warning', 'a1']],
    )
    assert.match(rig.eventsOf('NvidiaXID79Error')[0] ?? '', /injected by drill a1, Observe/)
  })

  test('in Decide turns the condition False under a flag, and ends by itself after its time', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.log(`${gpu} nodemend-drill=a1,Decide,60s`, user)
    await rig.pass(2_000)
    assert.deepEqual(condition(rig), ['False', 'NvidiaXID79Error', '[drill a1, Decide] Xid 79 (fel'])
    await rig.pass(50_000)
    assert.equal(condition(rig)[0], 'False')
    await rig.pass(10_000)
    assert.equal(condition(rig)[0], 'True')
    assert.match(rig.eventsOf('NvidiaXID79Error').at(-1) ?? '', /over: the drill has ended/)
  })

  test('with the time 0 ends its own drill, also after a restart, and no other one', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    for (const id of ['a1', 'b2']) rig.log(`${gpu} nodemend-drill=${id},Decide,600s`, user)
    await rig.pass(2_000)
    assert.deepEqual(
      raised(rig)
        .map(({ drill }) => drill)
        .sort(),
      ['a1', 'b2'],
    )
    await rig.stop()
    await rig.start()
    rig.log(`${gpu} nodemend-drill=b2,Decide,0s`, user)
    await rig.pass(2_000)
    assert.match(condition(rig)[2] ?? '', /^\[drill a1, Decide\]/)
    rig.log(`${gpu} nodemend-drill=a1,Decide,0s`, user)
    await rig.pass(2_000)
    assert.equal(condition(rig)[0], 'True')
  })
})

describe('beside a real fault', () => {
  test('a drill takes no part in its finding and its flag gives way, whichever comes first', async (t) => {
    for (const order of [
      ['real', 'drill'],
      ['drill', 'real'],
    ]) {
      const rig = rigFor(t)
      await rig.start()
      for (const one of order) {
        if (one === 'real') rig.log(gpu)
        else rig.log(`${gpu} nodemend-drill=a1,Decide,60s`, user)
        await rig.pass(2_000)
      }
      assert.equal(raised(rig).length, 2)
      assert.doesNotMatch(condition(rig)[2] ?? '', /drill/)
      await rig.pass(60_000)
      assert.deepEqual(condition(rig).slice(0, 2), ['False', 'NvidiaXID79Error'])
    }
  })

  test('an injected recovery ends no real finding', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.log('watchdog: CPU 8 Hard LOCKUP')
    await rig.pass(1_000)
    rig.log('watchdog: CPU 8 became unstuck TB:1234567 nodemend-drill=a1', user)
    await rig.pass(700_000)
    assert.equal(rig.api.condition('KernelReady')?.status, 'False')
  })

  test('a line of the kernel is never muted, whatever a process writes into it by its name', async (t) => {
    const rig = rigFor(t)
    await rig.start()
    rig.log('NVRM: Xid (PCI:0000:3b:00): 79, pid=1, name=nodemend-drill=a1, GPU has fallen off the bus.')
    await rig.pass(2_000)
    assert.equal(condition(rig)[0], 'False')
    assert.doesNotMatch(condition(rig)[2] ?? '', /drill/)
  })
})

test('the commands of the how-to page begin a drill, and end it', async (t) => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/how-to/run-a-drill.md'), 'utf8')
  const lines = [...page.matchAll(/^echo '<3>(.*)' > \/dev\/kmsg$/gm)].map(([, line = '']) => line)
  const rig = rigFor(t)
  await rig.start()
  const said: string[] = []
  for (const line of lines) {
    rig.log(line, 11)
    await rig.pass(2_000)
    const { msg, reason, why } = rig.logged().findLast((one) => String(one.msg).startsWith('finding ')) ?? {}
    said.push([msg, reason, why].join(' ').trim())
  }
  assert.deepEqual(said, ['finding raised NvidiaXID79Error', 'finding ended NvidiaXID79Error drill'])
})

test('the raw command of a guide is recognised as an unannounced drill', async (t) => {
  const rig = rigFor(t)
  await rig.start()
  rig.log('NVRM: Xid (PCI:0000:00:00): 31, GPU termination', user)
  await rig.pass(2_000)
  assert.match(rig.eventsOf('NvidiaXID31Warning')[0] ?? '', /written from user space: an unannounced drill/)
})
