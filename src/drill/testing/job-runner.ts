/**
 * For tests on the embedded API server: what the Job controller, kubelet and the agent do about the Job of a drill. A pod
 * appears and is Ready, its lines become Events, and with the Job goes the pod.
 */
import { type Api, events, type KubeObject, pods } from '../../kube/api.ts'
import { watchObjects } from '../../kube/list-watch.ts'
import { createObject, deleteObject } from '../../kube/objects.ts'
import { readMark } from '../../model/drill.ts'
import { seededRandom, systemClock } from '../../telemetry/clock.ts'
import { jobs } from '../run/job.ts'

/** The embedded server has no Jobs of its own; as far as drills read them, this is one. */
export const jobDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'jobs.batch' },
  spec: {
    group: 'batch',
    scope: 'Namespaced',
    names: { plural: 'jobs', singular: 'job', kind: 'Job', listKind: 'JobList' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        subresources: { status: {} },
      },
    ],
  },
}

type Body = KubeObject & Readonly<Record<string, unknown>>

interface Job extends KubeObject {
  readonly spec: {
    readonly template: {
      readonly spec: {
        readonly nodeName: string
        readonly containers: readonly [{ readonly env: readonly { readonly name: string; readonly value: string }[] }]
      }
    }
  }
}

/** Runs Jobs until the signal; `tell` is the reason that the agent finds in every line, undefined for a blind agent. */
export function runJobs(api: Api, signal: AbortSignal, tell: string | undefined): Promise<void> {
  const serve = async (job: Job): Promise<void> => {
    const { name = '', namespace = '', labels = {} } = job.metadata
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
    const spec = { containers: [{ name: 'injector', image: 'a' }] }
    await createObject<Body>(api, pods, { metadata: { name: `${name}-x`, namespace, labels }, spec })
    await api.request({
      verb: 'patch',
      resource: pods,
      namespace,
      name: `${name}-x`,
      subresource: 'status',
      body: { status },
      contentType: 'application/merge-patch+json',
    })
    const lines =
      job.spec.template.spec.containers[0].env.find((one) => one.name === 'BEGIN_LINES')?.value.split('\n') ?? []
    if (tell !== undefined) for (const line of lines) await tellOf(api, job.spec.template.spec.nodeName, line, tell)
  }
  const take = (job: Job): void => void serve(job).catch((error: unknown) => signal.aborted || Promise.reject(error))
  return watchObjects<Job>({
    api,
    clock: systemClock,
    random: seededRandom(9),
    resource: jobs,
    signal,
    onSync: (items) => [...items.values()].forEach(take),
    onChange({ type, object }) {
      const { name, namespace = '' } = object.metadata
      if (type === 'added') take(object)
      if (type === 'deleted') void deleteObject(api, pods, { namespace, name: `${name}-x` }, { gracePeriodSeconds: 0 })
    },
  })
}

async function tellOf(api: Api, node: string, line: string, reason: string): Promise<void> {
  const { id, mode } = readMark(line)?.mark ?? { id: '', mode: 'Observe' }
  await createObject<Body>(api, events, {
    metadata: { name: `event-${id}`, namespace: 'default' },
    involvedObject: { apiVersion: 'v1', kind: 'Node', name: node, uid: node },
    type: 'Warning',
    reason: 'KernelReady',
    message: `${reason}: CPU 1 stuck (injected by drill ${id}, ${mode})`,
    lastTimestamp: new Date(systemClock.now()).toISOString().replace(/\.\d+Z$/, 'Z'),
    source: { component: 'nodemend-agent' },
  })
}
