/** The command line of each part of the control plane, and where its files are. */

import { join } from 'node:path'
import type { Program } from './process/processes.ts'
import type { ToolPaths } from './tools.ts'

/** Folder and ports of one control plane. */
export interface Site {
  readonly tools: ToolPaths
  readonly folder: string
  readonly securePort: number
  readonly etcdPort: number
  readonly peerPort: number
}

/** The controllers for nodes, drains and what a pod of a real node needs; the others cost start-up time and memory. */
const CONTROLLERS = [
  'serviceaccount-controller',
  'namespace-controller',
  'garbage-collector-controller',
  'deployment-controller',
  'replicaset-controller',
  'statefulset-controller',
  'daemonset-controller',
  'job-controller',
  'disruption-controller',
  'node-lifecycle-controller',
  'taint-eviction-controller',
  'pod-garbage-collector-controller',
  'endpoints-controller',
  'endpointslice-controller',
  'root-ca-certificate-publisher-controller',
]

export const certificates = (site: Site): string => join(site.folder, 'certificates')
/** The server signs its own certificate and appends the authority to it, so the one file is also what to trust. */
export const caFile = (site: Site): string => join(certificates(site), 'apiserver.crt')
export const serviceAccountKey = (site: Site): string => join(site.folder, 'service-account.key')
export const tokenFile = (site: Site): string => join(site.folder, 'tokens.csv')

/** etcd without fsync, because nobody keeps the data of a test. */
export function etcd(site: Site, quotaBytes?: number): Program {
  const client = `http://127.0.0.1:${site.etcdPort}`
  const peer = `http://127.0.0.1:${site.peerPort}`
  return {
    name: 'etcd',
    command: site.tools.etcd,
    args: [
      '--unsafe-no-fsync',
      ...(quotaBytes === undefined ? [] : [`--quota-backend-bytes=${quotaBytes}`]),
      '--log-level=warn',
      `--data-dir=${join(site.folder, 'etcd')}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      '--name=only',
      `--initial-cluster=only=${peer}`,
    ],
  }
}

/** `serviceAccounts`: whether something makes the `default` service account without which a pod is refused. */
export function apiServer(site: Site, serviceAccounts: boolean): Program {
  return {
    name: 'kube-apiserver',
    command: site.tools['kube-apiserver'],
    args: [
      `--etcd-servers=http://127.0.0.1:${site.etcdPort}`,
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${site.securePort}`,
      `--cert-dir=${certificates(site)}`,
      `--token-auth-file=${tokenFile(site)}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      ...(serviceAccounts ? [] : ['--disable-admission-plugins=ServiceAccount']),
      `--service-account-key-file=${serviceAccountKey(site)}`,
      `--service-account-signing-key-file=${serviceAccountKey(site)}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      '--service-cluster-ip-range=10.96.0.0/16',
      '--allow-privileged=true',
      '--endpoint-reconciler-type=none',
      '--kubelet-preferred-address-types=InternalIP',
    ],
  }
}

export function controllerManager(site: Site, kubeconfig: string, nodeMonitorGraceMs: number): Program {
  return {
    name: 'kube-controller-manager',
    command: site.tools['kube-controller-manager'],
    args: [
      `--kubeconfig=${kubeconfig}`,
      '--leader-elect=false',
      '--secure-port=0',
      `--controllers=${CONTROLLERS.join(',')}`,
      `--service-account-private-key-file=${serviceAccountKey(site)}`,
      `--root-ca-file=${caFile(site)}`,
      `--node-monitor-grace-period=${nodeMonitorGraceMs}ms`,
      '--node-monitor-period=1s',
      '--kube-api-qps=200',
      '--kube-api-burst=400',
    ],
  }
}

export function scheduler(site: Site, kubeconfig: string): Program {
  return {
    name: 'kube-scheduler',
    command: site.tools['kube-scheduler'],
    args: [
      `--kubeconfig=${kubeconfig}`,
      '--leader-elect=false',
      '--secure-port=0',
      '--kube-api-qps=200',
      '--kube-api-burst=400',
    ],
  }
}
