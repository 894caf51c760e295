/**
 * The EKS node monitoring agent. Only its kernel rules for Neuron devices set a condition, so its host tree has such a
 * device where the bench writes faults, and has none where it measures cost. Its conditions stay False and their reason
 * follows the newest line. More in bench/README.md.
 */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasCondition, type Subject } from './subject.ts'

const errors = [
  { token: 'SRAM_UNCORRECTABLE_ERROR', reason: 'NeuronSRAMUncorrectableError' },
  { token: 'HBM_UNCORRECTABLE_ERROR', reason: 'NeuronHBMUncorrectableError' },
  { token: 'NC_UNCORRECTABLE_ERROR', reason: 'NeuronNCUncorrectableError' },
  { token: 'DMA_ERROR', reason: 'NeuronDMAError' },
] as const

export function nma(path: string): Subject {
  return {
    name: 'nma',
    kinds: [0],
    beatMs: 15_000,
    needs: [{ group: 'eks.amazonaws.com', version: 'v1alpha1', kind: 'NodeDiagnostic', plural: 'nodediagnostics' }],
    launch: ({ folder, kubeconfig, nodeName, faults, ports: [metrics, probe] }) => ({
      name: `nma-${nodeName}`,
      command: path,
      args: [
        `--kubeconfig=${kubeconfig}`,
        `--hostname-override=${nodeName}`,
        `--metrics-address=127.0.0.1:${metrics}`,
        `--probe-address=127.0.0.1:${probe}`,
        '--legacy-node-rbac=true',
      ],
      env: { HOST_ROOT: hostTree(folder, faults), MY_NODE_NAME: nodeName },
    }),
    isReady: (conditions) => hasCondition(conditions, 'KernelReady', 'True'),
    fault: (n) => {
      const { token, reason } = errors[n % errors.length] ?? errors[0]
      return {
        line: `nodemend-bench NEURON_HW_ERR=${token} instance-id=i-0 nd-id=0 nc-id=0 serial-num=0 action=NONE`,
        shows: (conditions) => hasCondition(conditions, 'AcceleratedHardwareReady', 'False', reason),
      }
    },
  }
}

function hostTree(folder: string, neuron: boolean): string {
  const root = join(folder, 'host')
  for (const part of ['dev', 'etc', 'proc/bus/pci', 'proc/sys/kernel', 'sys', 'var/log']) {
    mkdirSync(join(root, part), { recursive: true })
  }
  symlinkSync('/dev/kmsg', join(root, 'dev/kmsg'))
  writeFileSync(join(root, 'etc/os-release'), 'ID=amzn\n')
  writeFileSync(join(root, 'proc/bus/pci/devices'), neuron ? '00f8\t1d0f7064\t0\tneuron\n' : '')
  return root
}
