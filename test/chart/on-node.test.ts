/** A real API server takes the pods that the controller makes on nodes, and refuses every other pod of the controller. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OnNodeTask } from '../../src/model/on-node/order.ts'
import { evidenceFolder, type Kept, onNodePod } from '../../src/repair/act/on-node/pod.ts'
import { version } from '../../src/telemetry/version.ts'
import { eventually } from '../cluster/wait.ts'
import { chartFolder } from './helm.ts'
import { installed, namespace } from './installed.ts'

const image = `ghcr.io/nodemend/agent:${version}`
const pods = `/api/v1/namespaces/${namespace}/pods`

interface Body {
  readonly metadata: { readonly labels: object }
  readonly spec: { readonly containers: readonly Container[] }
}
interface Container {
  readonly command: readonly string[]
  readonly securityContext: object
}

test('the admission policy of the chart takes the pods of orders, and no others', async (t) => {
  const given = await installed(t)
  if (!given) return
  const upgraded = await given.helm(
    'upgrade',
    'nodemend',
    chartFolder,
    `--namespace=${namespace}`,
    '--set=controller.onNode.enabled=true',
  )
  assert.equal(upgraded.code, 0, upgraded.err)
  const { rest } = await given.asPod('nodemend-controller', 'any')
  let number = 0
  const bodyOf = (task: OnNodeTask, keptIn?: Kept): Body => {
    const order = { task, bootId: '3f1c', notAfter: 1 }
    const place = { attempt: `worker-1-${++number}`, nodeName: 'worker-1', nodeUid: 'uid' }
    return onNodePod(order, place, { namespace, image }, keptIn) as unknown as Body // a pod
  }
  const send = async (body: object): Promise<{ readonly status: number; readonly said: string }> => {
    const { status, body: answer } = await rest.send({ method: 'POST', path: `${pods}?dryRun=All`, body })
    return { status, said: JSON.stringify(answer) }
  }
  const restart = bodyOf({ verb: 'restart-service', service: 'kubelet' })
  const changed = (spec: object, container: object = {}): object => {
    const [one] = restart.spec.containers
    return { ...restart, spec: { ...restart.spec, containers: [{ ...one, ...container }], ...spec } }
  }
  const [{ command, securityContext }] = restart.spec.containers as [Container]
  await eventually(
    'the policy to be in force',
    60_000,
    async () => (await send(changed({ hostPID: true }))).status === 422,
  )

  const collecting = (keptIn: Kept): Body => bodyOf({ verb: 'collect', name: 'worker-1-1' }, keptIn)
  const taken = [
    restart,
    bodyOf({ verb: 'reset-gpu', gpus: ['0000:3b:00.0', '0000:86:00.0'] }),
    collecting({ folder: evidenceFolder }),
    collecting({ claim: 'logs' }),
  ]
  for (const body of taken) {
    const { status, said } = await send(body)
    assert.equal(status, 201, said)
  }
  const words = (index: number, word: string): object => changed({}, { command: command.with(index, word) })
  const withCommand = (body: Body, other: readonly string[]): object => {
    const containers = body.spec.containers.map((one) => ({ ...one, command: other }))
    return { ...body, spec: { ...body.spec, containers } }
  }
  const refused: readonly (readonly [string, object])[] = [
    ['another image', changed({}, { image: 'busybox' })],
    ['another program', words(0, 'sh')],
    ['another command', words(1, 'agent')],
    ['an unknown verb', words(2, 'run')],
    ['a service that is not of the list', words(3, 'sshd')],
    ['a flag', words(5, '--host-root=/')],
    ['more words', changed({}, { command: [...command, '--message=/x'] })],
    ['arguments', changed({}, { args: ['x'] })],
    ['variables', changed({}, { env: [{ name: 'NODE_OPTIONS', value: '--require=/host/x' }] })],
    ['an account', changed({ automountServiceAccountToken: true })],
    ['the network of the node', changed({ hostNetwork: true })],
    ['privilege', changed({}, { securityContext: { privileged: true } })],
    ['no limits', changed({}, { securityContext: {} })],
    [
      'another capability',
      changed({}, { securityContext: { ...securityContext, capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } } }),
    ],
    ['a second container', changed({ containers: [restart.spec.containers[0], { name: 'b', image, command }] })],
    ['a container before', changed({ initContainers: [{ name: 'b', image, command }] })],
    ['files to write', changed({}, { volumeMounts: [{ name: 'host', mountPath: '/host' }] })],
    ['another folder to write', collecting({ folder: '/etc' })],
    ['a folder for another verb', withCommand(collecting({ folder: evidenceFolder }), command)],
    ['no node', changed({ nodeName: undefined })],
    ['other labels', { ...restart, metadata: { ...restart.metadata, labels: {} } }],
  ]
  for (const [what, body] of refused) {
    const { status, said } = await send(body)
    assert.equal(status, 422, `${what}: ${said}`)
    assert.match(said, /the controller may make pods of its own orders alone|expression/, what)
  }
})
