/** A real node runs pods, serves their logs, and leaves nothing behind when the run that started it is killed. */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { eventually } from '../wait.ts'
import { sweepCgroups } from './cgroups.ts'
import { buildImage, shellFiles } from './small-image.ts'
import { hasRealNode, startRealCluster } from './suite.ts'

const NAME = 'worker-1'

test('a real node runs a privileged pod of kubectl run, and its log is served', async (t) => {
  if (!(await hasRealNode(t, ['kubectl']))) return
  const ubuntu = buildImage({ name: 'docker.io/library/ubuntu:latest', files: shellFiles() })
  const { cluster, node, stop } = await startRealCluster({ name: NAME, registry: [ubuntu] })
  t.after(stop)
  const kubectl = async (...args: readonly string[]) => {
    const env = { ...process.env, KUBECONFIG: cluster.kubeconfig('admin') }
    return (await promisify(execFile)(cluster.tools.kubectl, args, { env })).stdout
  }
  await eventually('the service account', 10_000, () => kubectl('get', 'serviceaccount', 'default'))
  await kubectl(
    'run',
    'seen',
    '--privileged',
    '--restart=Never',
    '--image=ubuntu',
    '--',
    'sh',
    '-c',
    'echo seen; sleep 60',
  )
  await kubectl('wait', '--for=condition=Ready', 'pod/seen', '--timeout=60s')
  assert.equal(await eventually('its log', 10_000, () => kubectl('logs', 'seen')), 'seen\n')
  assert.match(await kubectl('exec', 'seen', '--', 'cat', '/proc/1/cmdline'), /echo seen/)
  const api = await kubectl('exec', 'seen', '--', 'cat', '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt')
  assert.match(api, /BEGIN CERTIFICATE/)
  assert.match(await node.run('ps', 'ax'), /kubelet/)
})

test('a killed run leaves no process of its node, and the next run removes the rest', async (t) => {
  if (!(await hasRealNode(t))) return
  const main = join(import.meta.dirname, '..', 'main.ts')
  const child = spawn(process.execPath, [main, 'up', '--real', NAME], { stdio: ['ignore', 'ignore', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  let pid = 0
  for await (const line of createInterface({ input: child.stderr })) {
    pid = Number(/its process 1 is (\d+) here/.exec(line)?.[1] ?? pid)
    if (line === 'ready') break
  }
  assert.ok(existsSync(`/proc/${pid}`))
  const cgroups = () => cgroupsOf(child.pid ?? 0)
  assert.notDeepEqual(cgroups(), [])

  child.kill('SIGKILL')
  await eventually('the node to end', 10_000, async () => !existsSync(`/proc/${pid}`))
  sweepCgroups((owner) => owner !== child.pid)
  assert.deepEqual(cgroups(), [])
  const mounts = readFileSync('/proc/mounts', 'utf8')
  assert.doesNotMatch(mounts, new RegExp(`nodemend-cluster-${child.pid}-`))
})

/** Control groups of the nodes of run `pid`, in every hierarchy. */
function cgroupsOf(pid: number): string[] {
  const root = '/sys/fs/cgroup'
  const folders = [root, ...readdirSync(root).map((name) => join(root, name))]
  return folders
    .filter((folder) => statSync(folder).isDirectory())
    .flatMap((folder) => readdirSync(folder).filter((name) => name.startsWith(`nodemend-node-${pid}-`)))
}
