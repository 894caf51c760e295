/** Injects by Jobs: one for the drills of a turn, on their node. */
import { type Api, type KubeObject, pods } from '../../kube/api.ts'
import { isKubeError } from '../../kube/errors.ts'
import { createObject, deleteObject, listObjects } from '../../kube/objects.ts'
import { type Clock, sleep } from '../../telemetry/clock.ts'
import { injectionNamed } from '../injections/injections.ts'
import type { Drill } from '../plan/drill.ts'
import { InjectError, type Injector } from './injector.ts'
import { drillJob, drillLabel, type JobOptions, jobName, jobs } from './job.ts'

/** Until the image is there and the script runs. */
const startMs = 90_000
/** Until the pod has left after its end. */
const goneMs = 60_000
const pollMs = 250

interface PodObject extends KubeObject {
  readonly status?: {
    readonly phase?: string
    readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    readonly containerStatuses?: readonly {
      readonly state?: {
        readonly waiting?: { readonly reason?: string; readonly message?: string }
        readonly terminated?: { readonly exitCode?: number; readonly reason?: string }
      }
    }[]
  }
}

export class JobInjector implements Injector {
  readonly #api: Api
  readonly #clock: Clock
  readonly #options: JobOptions

  constructor(api: Api, clock: Clock, options: JobOptions) {
    this.#api = api
    this.#clock = clock
    this.#options = options
  }

  async inject(drills: readonly Drill[]): Promise<void> {
    const [first, ...others] = drills
    const injection = first && injectionNamed(first.subject.injection)
    if (!first || !injection) return
    const job = drillJob([first, ...others], injection, this.#options)
    try {
      await createObject<KubeObject>(this.#api, jobs, job)
    } catch (error) {
      throw refused(error, this.#options.namespace)
    }
    await this.#started(first.id)
  }

  async remove(drills: readonly Drill[]): Promise<void> {
    const [first] = drills
    if (!first) return
    const { namespace } = this.#options
    try {
      await deleteObject(this.#api, jobs, { namespace, name: jobName(first.id) }, { propagationPolicy: 'Background' })
    } catch (error) {
      if (!isKubeError(error, 'NM_KUBE_NOT_FOUND')) throw error
    }
    const deadline = this.#clock.monotonic() + goneMs
    while ((await this.#pods(first.id)).length > 0) {
      if (this.#clock.monotonic() > deadline)
        throw new InjectError(
          `the pod of ${jobName(first.id)} does not end: kubectl -n ${namespace} get pods -l ${drillLabel}=${first.id}`,
        )
      await sleep(this.#clock, pollMs)
    }
  }

  /** Resolves when the pod's script has injected. */
  async #started(id: string): Promise<void> {
    const deadline = this.#clock.monotonic() + startMs
    let why = 'no pod was made'
    while (this.#clock.monotonic() < deadline) {
      const [pod] = await this.#pods(id)
      const phase = pod?.status?.phase
      if (phase === 'Succeeded' || isReady(pod)) return
      const state = pod?.status?.containerStatuses?.[0]?.state
      const { waiting, terminated } = state ?? {}
      const code = terminated && `its script ended with ${terminated.exitCode}`
      why = waiting?.message ?? waiting?.reason ?? code ?? phase ?? why
      if (phase === 'Failed') break
      await sleep(this.#clock, pollMs)
    }
    throw new InjectError(
      `the pod of ${jobName(id)} does not run (${why}); see: kubectl -n ${this.#options.namespace} describe pods -l ${drillLabel}=${id}`,
    )
  }

  async #pods(id: string): Promise<readonly PodObject[]> {
    const { namespace } = this.#options
    const labelSelector = `${drillLabel}=${id}`
    return (await listObjects<PodObject>(this.#api, pods, { namespace, labelSelector })).items
  }
}

function isReady(pod: PodObject | undefined): boolean {
  return pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}

function refused(error: unknown, namespace: string): unknown {
  if (!isKubeError(error)) return error
  const remedy =
    error.code === 'NM_KUBE_FORBIDDEN'
      ? `; a namespace that enforces Pod Security takes no privileged pod: choose another with --namespace, or label ${namespace}`
      : ''
  return new InjectError(`the Job of the drill was refused: ${error.message}${remedy}`)
}
