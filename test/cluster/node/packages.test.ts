import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Machine, preparePackages } from './packages.ts'

/** A machine with apt-get and `programs`, and what was called there and said. */
function machineWith(programs: readonly string[], changes: Partial<Machine> = {}) {
  const called: string[] = []
  const said: string[] = []
  const machine: Machine = {
    env: { PATH: '/bin' },
    isRoot: true,
    has: (path) => path === '/bin/apt-get' || programs.some((name) => path === name || path === `/bin/${name}`),
    run: async (command, args) => void called.push([command, ...args].join(' ')),
    ...changes,
  }
  return { called, said, prepared: () => preparePackages(machine, (line) => said.push(line)) }
}

test('what is missing is installed, and told', async () => {
  const some = machineWith(['containerd', 'ctr', 'runc', 'iptables-save', 'ip', 'unshare', 'nsenter'])
  assert.deepEqual(await some.prepared(), { available: true })
  assert.deepEqual(some.called, ['apt-get install --yes --no-install-recommends containernetworking-plugins'])
  assert.match(some.said.join(), /installing containernetworking-plugins by apt-get/)
})

test('lists of packages that are too old are fetched anew', async () => {
  const called: string[] = []
  const run: Machine['run'] = async (command, [verb = '']) => {
    called.push(`${command} ${verb}`)
    if (called.length === 1) throw new Error('404 Not Found')
  }
  assert.deepEqual(await machineWith([], { run }).prepared(), { available: true })
  assert.deepEqual(called, ['apt-get install', 'apt-get update', 'apt-get install'])
})

test('without a network there is no node, and that is said loudly', async () => {
  const run: Machine['run'] = async () => {
    throw new Error('Could not resolve the host')
  }
  const { prepared, said } = machineWith([], { run })
  assert.equal((await prepared()).available, false)
  assert.match(said.join(), /SKIPPED, NOT TESTED.*apt-get cannot install.*Could not resolve the host/)
})

const refusals: readonly [string, Partial<Machine>, RegExp][] = [
  ['without root', { isRoot: false }, /only root can start containerd/],
  ['without apt-get', { has: () => false }, /no apt-get to install containerd, runc/],
  ['on purpose', { env: { PATH: '/bin', NODEMEND_REAL_NODE: 'skip' } }, /NODEMEND_REAL_NODE=skip is set/],
]

for (const [name, changes, why] of refusals) {
  test(`${name} there is no node, and that is said loudly`, async () => {
    const { prepared, said, called } = machineWith([], changes)
    assert.equal((await prepared()).available, false)
    assert.match(said.join(), /^SKIPPED, NOT TESTED/)
    assert.match(said.join(), why)
    assert.deepEqual(called, [])
  })
}
