import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { Inside, needs, run } from './machine.ts'

/** A network namespace with an uplink `up0`, whose other end is `far0`. */
function network(t: TestContext) {
  const name = `nodemend-uplink-${process.pid}`
  run('ip', 'netns', 'add', name)
  t.after(() => run('ip', 'netns', 'del', name))
  const ip = (...args: readonly string[]) => run('ip', '-n', name, ...args)
  ip('link', 'set', 'lo', 'up')
  ip('link', 'add', 'up0', 'type', 'veth', 'peer', 'name', 'far0')
  ip('addr', 'add', '10.250.0.1/24', 'dev', 'up0')
  for (const link of ['up0', 'far0']) ip('link', 'set', link, 'up')
  const route = () => ip('route', 'replace', 'default', 'via', '10.250.0.2', 'dev', 'up0')
  route()
  return { ip, route, inside: new Inside(t, ['ip', 'netns', 'exec', name], ['uplink']) }
}

describe('uplink on this kernel', () => {
  it('sees a lost carrier, an interface that is set down, and a lost default route, and each end of it', async (t) => {
    if (!needs(t, 'ip')) return
    const { ip, route, inside } = network(t)
    assert.deepEqual(await inside.look(), [])
    ip('link', 'set', 'far0', 'down')
    assert.match(
      (await inside.look()).join('\n'),
      /^over InterfaceNotRunning: .*\((?:down|lowerlayerdown), MAC [0-9a-f:]{17}\) on up0$/,
    )
    ip('link', 'set', 'far0', 'up')
    assert.deepEqual(await inside.look(), [])
    ip('link', 'set', 'up0', 'down')
    assert.deepEqual(
      (await inside.look()).map((level) => level.split(':')[0]),
      ['over InterfaceNotUp', 'over MissingDefaultRoutes'],
    )
    ip('link', 'set', 'up0', 'up')
    assert.deepEqual(
      (await inside.look()).map((level) => level.split(':')[0]),
      ['over MissingDefaultRoutes'],
    )
    route()
    assert.deepEqual(await inside.look(), [])
  })

  it('counts flaps, and forgets them', async (t) => {
    if (!needs(t, 'ip')) return
    const { ip, inside } = network(t)
    await inside.look()
    for (let n = 0; n < 5; n++) {
      ip('link', 'set', 'far0', 'down')
      ip('link', 'set', 'far0', 'up')
    }
    await inside.pass(30_000)
    assert.match(
      (await inside.look()).join('\n'),
      /^over LinkFlapping: the carrier came or went \d+ times in ten minutes on up0$/,
    )
    await inside.pass(10 * 60_000)
    assert.deepEqual(await inside.look(), [])
  })

  it('sees a missing loopback interface and an MTU that pods exceed', async (t) => {
    if (!needs(t, 'ip')) return
    const { ip, inside } = network(t)
    ip('link', 'add', 'veth1', 'mtu', '9000', 'type', 'veth', 'peer', 'name', 'pod1', 'mtu', '9000')
    assert.deepEqual(await inside.look(), [
      'over MTUMismatch: pods send packets of up to 9000 bytes, the interface can send 1500 on up0',
    ])
    ip('link', 'del', 'veth1')
    assert.deepEqual(await inside.look(), [])
    ip('link', 'set', 'lo', 'down')
    ip('link', 'set', 'lo', 'name', 'notlo')
    assert.deepEqual(await inside.look(), ['over MissingLoopbackInterface: the node has no loopback interface'])
  })

  it('sees a bond lose a member', async (t) => {
    if (!needs(t, 'ip')) return
    const { ip, inside } = network(t)
    try {
      ip('link', 'add', 'bond0', 'type', 'bond', 'mode', 'active-backup', 'miimon', '100')
    } catch {
      t.skip('this kernel has no bonds')
      return
    }
    for (const n of ['1', '2']) {
      ip('link', 'add', `m${n}`, 'type', 'veth', 'peer', 'name', `p${n}`)
      ip('link', 'set', `m${n}`, 'master', 'bond0')
      ip('link', 'set', `p${n}`, 'up')
    }
    ip('link', 'set', 'bond0', 'up')
    ip('addr', 'add', '10.250.1.1/24', 'dev', 'bond0')
    ip('route', 'replace', 'default', 'via', '10.250.1.2', 'dev', 'bond0')
    assert.deepEqual(await inside.look(), [])
    ip('link', 'set', 'p2', 'down')
    assert.deepEqual(await inside.look(), ['over BondLinkDown: 1 of 2 members have no carrier: m2 on bond0'])
  })
})
