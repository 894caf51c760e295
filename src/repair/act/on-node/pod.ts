/**
 * The pod that carries an order out on its node. It ends by itself: kubelet ends it at its deadline, also without an API
 * server, and it is never started again. docs/adr/0051-pods-on-nodes.md
 */
import type { KubeObject } from '../../../kube/api.ts'
import { argumentsOf, type OnNodeOrder, type OnNodeVerb } from '../../../model/on-node/order.ts'

/** Whose pods they are, and of what image. */
export interface OnNodeSettings {
  readonly namespace: string
  /** The agent's image. */
  readonly image: string
  readonly imagePullSecrets?: readonly string[]
}

/** On the pod: `nodemend.dev/repair=<attempt>`. */
export const repairLabel = 'nodemend.dev/repair'
/** An annotation of the pod: UID of the Node object for which it was made. */
export const nodeUidAnnotation = 'nodemend.dev/node-uid'
export const onNodeLabels = { 'app.kubernetes.io/name': 'nodemend', 'app.kubernetes.io/component': 'on-node' } as const

/** Where the machine's `/` is in the pod. */
export const hostRoot = '/host'
/** Seconds that kubelet gives the pod: a service may take a minute and a half to stop. */
const deadlineSeconds = 300

/** A capability beyond none, and what does not work without it. */
export interface Capability {
  readonly name: string
  readonly why: string
}

/** By verb. The service manager of the node does the work; the pod only reaches its socket through the node's own programs. */
export const capabilities: Readonly<Record<OnNodeVerb, readonly Capability[]>> = {
  'restart-service': [{ name: 'SYS_CHROOT', why: 'systemctl of the node runs in the file system of the node' }],
  'reset-gpu': [
    { name: 'SYS_CHROOT', why: 'systemd-run and nvidia-smi of the node run in the file system of the node' },
  ],
  collect: [{ name: 'SYS_CHROOT', why: 'journalctl and nvidia-smi of the node run in the file system of the node' }],
}

/** Where the archives of `collect` are: a folder of the node, or a PersistentVolumeClaim of that name. */
export type Kept = { readonly folder: string } | { readonly claim: string }
/** The folder of a node that keeps archives. */
export const evidenceFolder = '/var/lib/nodemend/evidence'
/** Where either is in the pod. */
export const keptAt = '/evidence'

export interface OnNodePlace {
  readonly attempt: string
  readonly nodeName: string
  readonly nodeUid: string
}

/** Named after the attempt, so that a second one cannot be made. */
export function podName({ attempt }: Pick<OnNodePlace, 'attempt'>, verb: OnNodeVerb): string {
  return `${attempt}-${verb}`
}

/** The pod for `order` at `place`, for `kubectl apply` as well. */
export function onNodePod(order: OnNodeOrder, place: OnNodePlace, settings: OnNodeSettings, keptIn?: Kept): KubeObject {
  const { verb } = order.task
  const { namespace, image, imagePullSecrets = [] } = settings
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podName(place, verb),
      namespace,
      labels: { ...onNodeLabels, [repairLabel]: place.attempt },
      annotations: {
        [nodeUidAnnotation]: place.nodeUid,
        'nodemend.dev/needs': capabilities[verb].map(({ name, why }) => `${name}: ${why}`).join('; '),
      },
    },
    spec: {
      nodeName: place.nodeName,
      restartPolicy: 'Never',
      activeDeadlineSeconds: deadlineSeconds,
      terminationGracePeriodSeconds: 5,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      priorityClassName: 'system-node-critical',
      // The node is cordoned, sick, and may be under pressure.
      tolerations: [{ operator: 'Exists' }],
      ...(imagePullSecrets.length > 0 && { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) }),
      containers: [container(order, image, keptIn !== undefined)],
      volumes: [{ name: 'host', hostPath: { path: '/', type: 'Directory' } }, ...(keptIn ? [volumeOf(keptIn)] : [])],
    },
  } as KubeObject // a pod is an object with a spec
}

function volumeOf(kept: Kept): object {
  if ('claim' in kept) return { name: 'evidence', persistentVolumeClaim: { claimName: kept.claim } }
  return { name: 'evidence', hostPath: { path: kept.folder, type: 'DirectoryOrCreate' } }
}

function container(order: OnNodeOrder, image: string, keeps: boolean): object {
  return {
    name: 'on-node',
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['nodemend', 'on-node', ...argumentsOf(order)],
    env: [{ name: 'HOST_ROOT', value: hostRoot }],
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { memory: '256Mi' } },
    securityContext: {
      // The socket of the service manager answers root alone.
      runAsUser: 0,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'], add: capabilities[order.task.verb].map(({ name }) => name) },
      seccompProfile: { type: 'RuntimeDefault' },
      // With SELinux, no other type of a container may use the socket of the service manager.
      seLinuxOptions: { type: 'spc_t' },
    },
    volumeMounts: [
      { name: 'host', mountPath: hostRoot, readOnly: true, mountPropagation: 'HostToContainer' },
      ...(keeps ? [{ name: 'evidence', mountPath: keptAt }] : []),
    ],
  }
}
