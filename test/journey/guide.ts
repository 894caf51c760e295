/** The guide's commands and manifests, with a device of this test and names of its nodes. */

import { systemRandom } from '../../src/telemetry/clock.ts'

/** A PCI domain of this run alone, because all tests and all runs of a machine share one kernel log. */
const domain = (0x1000 + Math.floor(systemRandom() * 0xefff)).toString(16)
/** A GPU that no test machine has. */
export const GPU = `${domain}:7d:00`
/** The GPU of the tutorial: its lines would join the incident of another test's GPU. */
export const TUTORIAL_GPU = `${domain}:7c:00`
/** Xid 45 follows other Xids of its GPU, so it comes from another one to be told by itself. */
export const SECOND_GPU = `${domain}:7f:00`
/** The GPU of the line that is written just before the install: the first finding. */
export const FIRST_GPU = `${domain}:7e:00`

export function xidLine(code: number, gpu = GPU): string {
  return `NVRM: Xid (PCI:${gpu}): ${code}, GPU termination`
}

/** The arguments of the guide's `kubectl run`; `--rm -it` is left out, because a test has no terminal. */
export function kubectlRun(name: string, node: string, code: number): string[] {
  const overrides = JSON.stringify({ spec: { nodeName: node } })
  const command = ['sh', '-c', `echo '${xidLine(code)}' > /dev/kmsg`]
  const flags = ['--privileged', '--restart=Never', '--image=ubuntu', `--overrides=${overrides}`]
  return ['run', name, ...flags, '--', ...command]
}

/** gpu-fault-injector.yaml of the guide. */
export function injectorPod(node: string, code: number): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'gpu-fault-injector' },
    spec: {
      containers: [
        {
          name: 'injector',
          image: 'ubuntu',
          command: ['/bin/sh', '-c'],
          args: [`echo '${xidLine(code, SECOND_GPU)}' > /dev/kmsg && sleep 3600`],
          securityContext: { privileged: true },
          volumeMounts: [{ name: 'kmsg', mountPath: '/dev/kmsg' }],
        },
      ],
      terminationGracePeriodSeconds: 0,
      nodeSelector: { 'kubernetes.io/hostname': node },
      volumes: [{ name: 'kmsg', hostPath: { path: '/dev/kmsg' } }],
    },
  }
}

export const GPU_POD_IMAGE = 'nvidia/cuda:13.0.2-runtime-ubuntu22.04'

/** nvidia-smi.yaml of the guide. */
export function gpuPod(): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'gpu-pod' },
    spec: {
      containers: [
        {
          name: 'cuda-container',
          image: GPU_POD_IMAGE,
          command: ['/bin/sh', '-c'],
          args: ['nvidia-smi && sleep infinity'],
          resources: { limits: { 'nvidia.com/gpu': 1 } },
        },
      ],
      terminationGracePeriodSeconds: 0,
      tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
    },
  }
}
