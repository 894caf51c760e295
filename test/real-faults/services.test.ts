import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { describe, it, type TestContext } from 'node:test'
import { Inside, needs, run } from './machine.ts'

const pods = ['kube-system_kube-proxy-4tz9b_1/kube-proxy', 'kube-system_aws-node-x7f2p_2/aws-vpc-cni-init']
/** A node's folders, on file systems that end with the namespace. */
const prepare = [
  'ip link set lo up',
  'mount -t tmpfs nodemend /var/log && mount -t tmpfs nodemend /var/lib',
  `mkdir -p /var/lib/kubelet/pods ${pods.map((pod) => `/var/log/pods/${pod}`).join(' ')}`,
  'sysctl -qw net.ipv4.ip_forward=1',
  'echo nameserver 127.0.0.53 > /var/lib/resolv.conf && mount --bind /var/lib/resolv.conf /etc/resolv.conf',
  'exec "$@"',
].join(' && ')

/** A node with a network of its own, and programs in it. */
function node(t: TestContext, monitors: readonly string[]) {
  const inside = new Inside(t, ['unshare', '--net', '--mount', 'sh', '-c', prepare, 'sh'], monitors)
  const enter = ['--net', '--target', String(inside.pid)]
  /** Runs a program that prints a line when it is ready, until the returned function is called. */
  const program = async (source: string): Promise<() => Promise<void>> => {
    await inside.pass(0) // an answer from inside: the namespaces are there to be entered
    const child = spawn('nsenter', [...enter, process.execPath, '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()))
    const end = (): Promise<void> => {
      child.kill('SIGKILL')
      return ended
    }
    t.after(end)
    await new Promise((resolve) => child.stdout.once('data', resolve))
    return end
  }
  const sh = (command: string) => run('nsenter', '--mount', ...enter, 'sh', '-c', command)
  return { inside, program, sh, sysctl: (setting: string) => run('nsenter', ...enter, 'sysctl', '-qw', setting) }
}

/** A health server that answers with one status. */
const health = (status: number) =>
  `require('http').createServer((_, r) => { r.statusCode = ${status}; r.end() }).listen(10256, '127.0.0.1', () => console.log('ready'))`

describe('services and sockets on this kernel', () => {
  it('sees kube-proxy sick, gone and well again', async (t) => {
    if (!needs(t, 'unshare', 'nsenter', 'ip', 'sysctl')) return
    const { inside, program } = node(t, ['kube-proxy'])
    const well = await program(health(200))
    assert.deepEqual(await inside.look(), [])
    await well()
    assert.deepEqual(await inside.look(), [
      'over KubeProxyNotReady: kube-proxy is not well: nothing listens on its health port',
    ])
    const sick = await program(health(503))
    assert.deepEqual(await inside.look(), [
      'over KubeProxyNotReady: kube-proxy is not well: its health check answers 503',
    ])
    await sick()
    await program(health(200))
    assert.deepEqual(await inside.look(), [])
  })

  it('sees the address manager of the VPC CNI come and go', async (t) => {
    if (!needs(t, 'unshare', 'nsenter', 'ip', 'sysctl')) return
    const { inside, program } = node(t, ['ipamd'])
    assert.deepEqual(
      (await inside.look()).map((level) => level.split(':')[0]),
      ['over IPAMDNotRunning'],
    )
    const end = await program(`require('net').createServer().listen(50051, '127.0.0.1', () => console.log('ready'))`)
    assert.deepEqual(await inside.look(), [])
    await end()
    assert.equal((await inside.look()).length, 1)
  })

  it('sees the local name server end and come back, and a resolver without servers', async (t) => {
    if (!needs(t, 'unshare', 'nsenter', 'ip', 'sysctl')) return
    const { inside, program, sh } = node(t, ['resolver'])
    const server = `require('net').createServer((s) => s.on('data', (q) => s.write(q))).listen(53, '127.0.0.53', () => console.log('ready'))`
    const end = await program(server)
    assert.deepEqual(await inside.look(), [])
    await end()
    assert.deepEqual(await inside.look(), [
      'over DNSNotAnswering: the local name server is not well: nothing listens on port 53 on 127.0.0.53',
    ])
    await program(server)
    assert.deepEqual(await inside.look(), [])
    sh('echo "search example.org" > /etc/resolv.conf')
    assert.deepEqual(await inside.look(), ['over ResolverMisconfigured: /etc/resolv.conf names no server'])
  })

  it('sees that packets are not passed on', async (t) => {
    if (!needs(t, 'unshare', 'nsenter', 'ip', 'sysctl')) return
    const { inside, sysctl } = node(t, ['sysctls'])
    assert.deepEqual(await inside.look(), [])
    sysctl('net.ipv4.ip_forward=0')
    assert.match((await inside.look()).join('\n'), /^over NetworkSysctl: net.ipv4.ip_forward is 0/)
    sysctl('net.ipv4.ip_forward=1')
    assert.deepEqual(await inside.look(), [])
  })

  it('sees the ports for one destination run out, and their return', async (t) => {
    if (!needs(t, 'unshare', 'nsenter', 'ip', 'sysctl')) return
    const { inside, program, sysctl } = node(t, ['sockets'])
    sysctl('net.ipv4.ip_local_port_range=40000 40039')
    assert.deepEqual(await inside.look(), [])
    const end = await program(`
      const net = require('net')
      const server = net.createServer((socket) => socket.on('error', () => {})).listen(9000, '127.0.0.1', () => {
        let open = 0
        for (let n = 0; n < 36; n++) net.connect(9000, '127.0.0.1', () => ++open === 36 && console.log('ready')).on('error', () => {})
      })`)
    assert.deepEqual(await inside.look(), [
      'over EphemeralPortsNearlyExhausted: 36 of the 40 ports for outgoing connections to 127.0.0.1:9000 are in use',
    ])
    sysctl('net.ipv4.ip_local_port_range=32768 60999')
    assert.deepEqual(await inside.look(), [], 'a wider range')
    await end()
  })
})
