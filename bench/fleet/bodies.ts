/** Nodes and pods as large as those of a GPU fleet are: names of images, labels, annotations, environment. */
import type { KubeObject } from '../../src/kube/api.ts'
import { conditionTypes } from '../../src/model/condition.ts'

/** What the objects measure as JSON, bytes. */
export const nodeBytes = 50_000
export const podBytes = 10_000
/** The machines of the bench are one group of the provider for modelled machines. */
export const group = 'bench'
export const namespace = 'bench'

const hex = '0123456789abcdef'.repeat(4)

export function nodeName(index: number): string {
  return `bench-${String(index).padStart(6, '0')}`
}

export function nodeBody(index: number): KubeObject {
  const name = nodeName(index)
  const stamp = new Date(0).toISOString().replace('.000', '')
  const labels = Object.fromEntries(
    Array.from({ length: 36 }, (_, n) => [`feature.example.com/label-${n}`, `value-${n}`]),
  )
  const images = Array.from({ length: 50 }, (_, n) => ({
    names: [
      `registry.example.com/team-${n}/image-${n}@sha256:${hex}`,
      `registry.example.com/team-${n}/image-${n}:v1.${n}`,
    ],
    sizeBytes: 1_000_000 * (n + 1),
  }))
  const conditions = ['Ready', ...conditionTypes].map((type) => condition(type, 'True', stamp))
  const capacity = { cpu: '96', memory: '1152Gi', pods: '250', 'ephemeral-storage': '1Ti' }
  const body = {
    metadata: {
      name,
      labels: {
        ...labels,
        'kubernetes.io/hostname': name,
        'topology.kubernetes.io/zone': `zone-${index % 3}`,
        'nodemend.dev/node-group': group,
      },
      annotations: { filler: '' },
    },
    spec: { providerID: `embedded://${group}/${index}`, podCIDR: '10.0.0.0/24' },
    status: { capacity, allocatable: capacity, conditions, images, nodeInfo: nodeInfo(index) },
  }
  return filled(body, nodeBytes)
}

function nodeInfo(index: number): object {
  return {
    machineID: `${index}`,
    systemUUID: `${index}`,
    bootID: `boot-${index}`,
    kernelVersion: '6.12.0',
    osImage: 'Bench',
    containerRuntimeVersion: 'bench://1',
    kubeletVersion: 'v1.36.3',
    kubeProxyVersion: '',
    operatingSystem: 'linux',
    architecture: 'amd64',
  }
}

export function condition(type: string, status: string, stamp: string): object {
  return {
    type,
    status,
    reason: `${type}Reason`,
    message: `a detector says that ${type} is ${status}`,
    lastHeartbeatTime: stamp,
    lastTransitionTime: stamp,
  }
}

/** A pod without a kubelet ends at once: its grace is nothing. */
export function podBody(index: number, node: string): KubeObject {
  const env = Array.from({ length: 60 }, (_, n) => ({ name: `VARIABLE_${n}`, value: `value-${n}-${hex}` }))
  const body = {
    metadata: {
      name: `pod-${String(index).padStart(7, '0')}`,
      namespace,
      labels: { app: `app-${index % 100}` },
      annotations: { filler: '' },
      ownerReferences: [
        {
          apiVersion: 'apps/v1',
          kind: 'ReplicaSet',
          name: `app-${index % 100}`,
          uid: `uid-${index % 100}`,
          controller: true,
        },
      ],
    },
    spec: {
      nodeName: node,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: 'main', image: 'registry.example.com/main:v1', env }],
    },
  }
  return filled(body, podBytes)
}

/** With an annotation that makes up the size. */
function filled<T extends { readonly metadata: { readonly annotations: object } }>(body: T, bytes: number): T {
  const left = Math.max(0, bytes - JSON.stringify(body).length)
  return { ...body, metadata: { ...body.metadata, annotations: { filler: 'x'.repeat(left) } } }
}
