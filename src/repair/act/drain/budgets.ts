/** PodDisruptionBudgets, read to say beforehand and in full what will hold a drain up; evictions are judged by the server. */
import { type Api, type KubeObject, podDisruptionBudgets } from '../../../kube/api.ts'
import { isKubeError } from '../../../kube/errors.ts'
import { listObjects } from '../../../kube/objects.ts'
import type { Clock } from '../../../telemetry/clock.ts'
import type { Refusal } from './pacing.ts'
import { type DrainPod, podText } from './pod.ts'

/** One list serves every drain for so long. */
const knownForMs = 10_000
/** After a refusal they are not asked for. */
const refusedMs = 300_000
/** A forecast names so many pods. */
const mostForeseen = 3

interface Requirement {
  readonly key: string
  readonly operator: string
  readonly values?: readonly string[] | null
}

interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly Requirement[]
}

interface BudgetObject extends KubeObject {
  readonly spec?: { readonly selector?: Selector | null; readonly unhealthyPodEvictionPolicy?: string }
  readonly status?: { readonly disruptionsAllowed?: number }
}

/** What a drain reads of a budget. */
export interface PodBudget {
  readonly namespace: string
  readonly name: string
  readonly selector: Selector
  readonly allowed: number
  /** A pod that is not ready may go whatever the budget says. */
  readonly unreadyGo: boolean
}

export class PodBudgets {
  readonly #api: Api
  readonly #clock: Clock
  #known: readonly PodBudget[] = []
  #until = Number.NEGATIVE_INFINITY

  constructor(api: Api, clock: Clock) {
    this.#api = api
    this.#clock = clock
  }

  /** Those of the cluster, at most ten seconds old; none where they cannot be read, for they only explain. */
  async list(): Promise<readonly PodBudget[]> {
    const now = this.#clock.monotonic()
    if (now < this.#until) return this.#known
    try {
      const { items } = await listObjects<PodBudget & KubeObject, BudgetObject>(this.#api, podDisruptionBudgets, {
        project: readBudget,
      })
      this.#known = items
      this.#until = now + knownForMs
    } catch (error) {
      if (!isKubeError(error)) throw error
      this.#known = []
      this.#until = now + (error.code === 'NM_KUBE_FORBIDDEN' ? refusedMs : knownForMs)
    }
    return this.#known
  }
}

function readBudget({ metadata, spec = {}, status = {} }: BudgetObject): PodBudget & KubeObject {
  return {
    metadata: {},
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
    selector: spec.selector ?? {},
    allowed: status.disruptionsAllowed ?? 0,
    unreadyGo: spec.unhealthyPodEvictionPolicy === 'AlwaysAllow',
  }
}

/** The budgets that select the pod. An empty selector selects every pod of its namespace (policy/v1). */
export function budgetsOf(pod: DrainPod, budgets: readonly PodBudget[]): readonly PodBudget[] {
  return budgets.filter(({ namespace, selector }) => namespace === pod.namespace && selects(selector, pod.labels ?? {}))
}

function selects(
  { matchLabels = {}, matchExpressions = [] }: Selector,
  labels: Readonly<Record<string, string>>,
): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((one) => meets(one, labels[one.key]))
  )
}

function meets({ operator, values }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && (values ?? []).includes(value)
    case 'NotIn':
      return value === undefined || !(values ?? []).includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}

/** What `budgets` would refuse now of the evictions of `pods`, for people; undefined where they would refuse none. */
export function foreseen(pods: readonly DrainPod[], budgets: readonly PodBudget[]): string | undefined {
  const refused = pods.flatMap((pod) => refusalOf(pod, budgetsOf(pod, budgets)) ?? [])
  if (refused.length === 0) return undefined
  const rest = refused.length - mostForeseen
  const more = rest > 0 ? `, and ${rest} more` : ''
  return `its drain will wait for ${refused.slice(0, mostForeseen).join(', ')}${more}`
}

function refusalOf(pod: DrainPod, mine: readonly PodBudget[]): string | undefined {
  const [budget, second] = mine
  if (!budget) return undefined
  if (second) return `${podText(pod)} (${mine.length} budgets: ${namesOf(mine)})`
  const free = budget.allowed > 0 || (pod.ready === false && budget.unreadyGo)
  return free ? undefined : `${podText(pod)} (budget ${budget.name})`
}

/** A budget's refusal with what the server does not say: which budgets they are, and what would let an unready pod go. */
export async function explained(refusal: Refusal, pod: DrainPod, budgets: PodBudgets): Promise<Refusal> {
  const nameless = refusal.budget && refusal.budgets.length === 0
  if (!nameless && !(refusal.budget && pod.ready === false)) return refusal
  const mine = budgetsOf(pod, await budgets.list())
  if (mine.length === 0) return refusal
  const strict = mine.length === 1 && pod.ready === false && mine.every(({ unreadyGo }) => !unreadyGo)
  const advice = strict
    ? `; it is not ready: unhealthyPodEvictionPolicy: AlwaysAllow of ${namesOf(mine)} lets it go`
    : ''
  return {
    ...refusal,
    reason: `${refusal.reason}${advice}`,
    budgets: nameless ? mine.map(({ name }) => name) : refusal.budgets,
  }
}

function namesOf(budgets: readonly PodBudget[]): string {
  return budgets.map(({ name }) => name).join(' and ')
}
