/** The errors of calls to an API server: callers switch on `code`, people read `message`. */

export type KubeErrorCode =
  | 'NM_KUBE_NOT_FOUND'
  | 'NM_KUBE_CONFLICT'
  | 'NM_KUBE_EXISTS'
  | 'NM_KUBE_EXPIRED'
  | 'NM_KUBE_FORBIDDEN'
  | 'NM_KUBE_UNAUTHORIZED'
  | 'NM_KUBE_INVALID'
  | 'NM_KUBE_THROTTLED'
  | 'NM_KUBE_UNAVAILABLE'
  | 'NM_KUBE_TIMEOUT'
  | 'NM_KUBE_NETWORK'
  | 'NM_KUBE_TLS'
  | 'NM_KUBE_ANSWER'
  | 'NM_KUBE_CONFIG'
  | 'NM_KUBE_CLOSED'
  | 'NM_KUBE_HANDLER'

export interface KubeErrorDetail {
  /** The call for people, e.g. `apply nodes/status worker-1`. */
  readonly call: string
  /** HTTP status, absent when no answer came. */
  readonly status?: number
  /** `reason` of the API's Status object. */
  readonly reason?: string
  /** `details.causes` of the API's Status object; an eviction refused by a budget has one of type `DisruptionBudget`. */
  readonly causes?: readonly { readonly reason?: string; readonly message?: string; readonly field?: string }[]
  /** The wait that the server asks for, in milliseconds. */
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

/** The message names verb, resource and remedy. */
export class KubeError extends Error {
  override readonly name = 'KubeError'
  readonly code: KubeErrorCode
  readonly detail: KubeErrorDetail

  constructor(code: KubeErrorCode, message: string, detail: KubeErrorDetail) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause })
    this.code = code
    this.detail = detail
  }
}

/** True for a KubeError with one of `codes` (any code when none is given). */
export function isKubeError(error: unknown, ...codes: readonly KubeErrorCode[]): error is KubeError {
  return error instanceof KubeError && (codes.length === 0 || codes.includes(error.code))
}
