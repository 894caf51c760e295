/**
 * The Job that injects on a cluster. Everything in it ends by itself: kubelet ends the pod at its deadline, also without
 * an API server, and the cluster deletes the Job some time after its end, also without a controller of ours.
 */
import type { KubeObject, OwnerReference, Resource } from '../../kube/api.ts'
import { type Injection, readyFile } from '../injections/injection.ts'
import { type Drill, endLineOf, linesOf, tokenOf } from '../plan/drill.ts'

export const jobs: Resource = { group: 'batch', version: 'v1', plural: 'jobs', kind: 'Job', namespaced: true }

/** On Job and pod: `nodemend.dev/drill=<id>`; the id of the first drill where one pod injects several. */
export const drillLabel = 'nodemend.dev/drill'
/** An annotation of the Job: the node under drill, whose name may be longer than a label's value. */
export const nodeAnnotation = 'nodemend.dev/drill-node'

/** A shell and the small programs that the scripts call. */
export const usualImage = 'busybox:1.37.0'
/** Beyond the time of the drill, seconds: to pull the image and to clean up. */
const marginSeconds = 120
const graceSeconds = 10
/** How long an ended Job stays, seconds: its pod's log says what went wrong. */
const keptSeconds = 300

export interface JobOptions {
  readonly namespace: string
  readonly image: string
  /** The FaultDrill whose deletion takes the Job along. */
  readonly owner?: OwnerReference
}

export interface JobObject extends KubeObject {
  readonly metadata: { readonly name: string; readonly namespace: string }
  readonly spec: Readonly<Record<string, unknown>>
}

/** One Job for drills of one injection on one node. The script is a literal; what varies is in its environment. */
export function drillJob(drills: readonly [Drill, ...Drill[]], injection: Injection, options: JobOptions): JobObject {
  const [{ id, node, forMs }] = drills
  const { namespace, image, owner } = options
  const labels = {
    'app.kubernetes.io/name': 'nodemend',
    'app.kubernetes.io/component': 'drill',
    [drillLabel]: id,
  }
  const seconds = Math.ceil(forMs / 1000)
  const deadline = seconds + marginSeconds
  const { rights } = injection
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(id),
      namespace,
      labels,
      annotations: {
        [nodeAnnotation]: node,
        'nodemend.dev/drill-needs': rights.why,
        'nodemend.dev/drill-undone-by': injection.undoneBy,
      },
      ...(owner && { ownerReferences: [owner] }),
    },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: deadline,
      ttlSecondsAfterFinished: keptSeconds,
      template: {
        metadata: { labels },
        spec: {
          nodeName: node,
          restartPolicy: 'Never',
          activeDeadlineSeconds: deadline,
          terminationGracePeriodSeconds: graceSeconds,
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          ...(rights.hostPid && { hostPID: true }),
          tolerations: [{ operator: 'Exists' }],
          containers: [container(drills, injection, image, seconds)],
          ...(rights.hostPaths.length > 0 && { volumes: rights.hostPaths.map(volume) }),
        },
      },
    },
  } as JobObject // labels and annotations are metadata, too
}

export function jobName(id: string): string {
  return `nodemend-drill-${id}`
}

function container(
  drills: readonly [Drill, ...Drill[]],
  { rights, script }: Injection,
  image: string,
  seconds: number,
) {
  const { privileged, capabilities, hostPaths, memoryLimit } = rights
  const lines = drills.flatMap(linesOf)
  const environment = {
    TOKEN: tokenOf(drills[0]),
    HOLD: String(seconds),
    ...(lines.length > 0 && {
      BEGIN_LINES: lines.join('\n'),
      END_LINES: drills.flatMap((one) => endLineOf(one) ?? []).join('\n'),
    }),
  }
  return {
    name: 'injector',
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', script],
    // `$(NAME)` in a value would stand for another variable; two dollars stand for one.
    env: Object.entries(environment).map(([name, value]) => ({ name, value: value.replaceAll('$(', '$$(') })),
    readinessProbe: { exec: { command: ['sh', '-c', `[ -e ${readyFile} ]`] }, periodSeconds: 1 },
    resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: memoryLimit } },
    securityContext: privileged
      ? { privileged: true }
      : { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'], add: capabilities } },
    ...(hostPaths.length > 0 && { volumeMounts: hostPaths.map((path) => ({ name: nameOf(path), mountPath: path })) }),
  }
}

function volume(path: string): object {
  return { name: nameOf(path), hostPath: { path } }
}

function nameOf(path: string): string {
  return path.slice(1).replaceAll(/[^a-z0-9]+/g, '-')
}

/** The guide's one-liner for the same lines: a person's kubectl in place of the Job. */
export function kubectlLine(drill: Drill): string {
  const overrides = JSON.stringify({ spec: { nodeName: drill.node } })
  const lines = linesOf(drill).map((line) => `printf "%s\\n" ${inner(`<3>${line}`)} > /dev/kmsg`)
  const command = `kubectl run ${jobName(drill.id)} --privileged --restart=Never --image=${usualImage}`
  return `${command} --overrides=${outer(overrides)} -- sh -c ${outer(lines.join('; '))}`
}

/** In double quotes of the inner shell. */
function inner(text: string): string {
  return `"${text.replace(/[\\"$`]/g, '\\$&')}"`
}

/** In single quotes of the person's shell. */
function outer(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
