/** The answers of the eviction subresource as data, for drains (Eviction API, policy/v1). */
import { KubeError } from './errors.ts'

export type EvictionAnswer =
  /** Accepted: the pod terminates, within its grace. */
  | { readonly kind: 'evicted' }
  /** No such pod. */
  | { readonly kind: 'gone' }
  /** The name now belongs to another pod (the UID differs). */
  | { readonly kind: 'replaced' }
  /** A budget allows no disruption now. `budgets` has the names that the server gave. */
  | {
      readonly kind: 'blocked'
      readonly budgets: readonly string[]
      readonly message: string
      readonly retryAfterMs?: number
    }
  /** A 429 without a budget: the API server is busy, or a webhook says no in this form; `message` is in its words. */
  | { readonly kind: 'throttled'; readonly retryAfterMs: number; readonly message: string }
  /** The pod or its budget changed meanwhile: read it and try again. */
  | { readonly kind: 'conflict' }
  /** Two budgets select the pod: never succeeds until one of them goes. */
  | { readonly kind: 'multiple-budgets'; readonly message: string }
  /** The pod's namespace is being deleted, and the pod with it. */
  | { readonly kind: 'namespace-terminating' }
  /** Refused for good (RBAC, admission, invalid, credentials): a person must change something. */
  | { readonly kind: 'forbidden'; readonly message: string }
  /** No usable answer: repeat with back-off. */
  | { readonly kind: 'unavailable'; readonly message: string }

/** The wait after a 429 without Retry-After. */
const defaultThrottleMs = 1000

/** The answer that a refused eviction stands for. Throws anything that is not a KubeError, because it is a defect. */
export function judgeEviction(error: unknown): EvictionAnswer {
  if (!(error instanceof KubeError)) throw error
  const { message, detail } = error
  switch (error.code) {
    case 'NM_KUBE_NOT_FOUND':
      return { kind: 'gone' }
    case 'NM_KUBE_CONFLICT':
      return /\bUID\b/.test(message) ? { kind: 'replaced' } : { kind: 'conflict' }
    case 'NM_KUBE_THROTTLED':
      return judgeTooMany(error)
    case 'NM_KUBE_FORBIDDEN':
      if (detail.causes?.some((cause) => cause.reason === 'NamespaceTerminating')) {
        return { kind: 'namespace-terminating' }
      }
      return { kind: 'forbidden', message }
    case 'NM_KUBE_UNAUTHORIZED':
    case 'NM_KUBE_INVALID':
    case 'NM_KUBE_TLS':
      return { kind: 'forbidden', message }
    default:
      if (/more than one PodDisruptionBudget/i.test(message)) return { kind: 'multiple-budgets', message }
      return { kind: 'unavailable', message }
  }
}

/** A 429 has two meanings: a budget refused (a cause of type DisruptionBudget), or the server is busy. */
function judgeTooMany(error: KubeError): EvictionAnswer {
  const { causes = [], retryAfterMs } = error.detail
  const budgets = causes.filter((cause) => cause.reason === 'DisruptionBudget')
  if (budgets.length === 0) {
    return { kind: 'throttled', retryAfterMs: retryAfterMs ?? defaultThrottleMs, message: error.message }
  }
  const names = budgets.flatMap((cause) => /^The disruption budget (\S+) /.exec(cause.message ?? '')?.[1] ?? [])
  const message = budgets.map((cause) => cause.message ?? error.message).join('; ')
  return { kind: 'blocked', budgets: names, message, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}
