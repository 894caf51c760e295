/** Turns a refusal, or the lack of an answer, into a {@link KubeError} that names verb, resource and remedy. */
import type { Call } from './api.ts'
import { describeCall, permissionOf } from './call.ts'
import { KubeError, type KubeErrorCode, type KubeErrorDetail } from './errors.ts'

/** The API's Status object, as far as errors need it. Every field may be missing: proxies answer as well. */
export interface StatusBody {
  readonly kind?: string
  readonly code?: number
  readonly reason?: string
  readonly message?: string
  readonly details?: {
    readonly retryAfterSeconds?: number
    readonly causes?: KubeErrorDetail['causes']
  }
}

/** How much of an answer that is not JSON is quoted in a message. */
const quotedCharacters = 200

/** The error for an answer that is not 2xx. `body` is the raw text; `retryAfter` the header of that name. */
export function errorFromAnswer(call: Call, status: number, body: string, retryAfter?: string): KubeError {
  const parsed = parseStatus(body)
  const seconds = retryAfter === undefined ? Number.NaN : Number(retryAfter)
  return errorFromStatus(call, parsed ?? { message: body.slice(0, quotedCharacters).trim() }, {
    status,
    ...(Number.isFinite(seconds) ? { retryAfterMs: seconds * 1000 } : {}),
  })
}

/** The error for a Status object, from a body or from an ERROR line of a watch (then its own `code` is the status). */
export function errorFromStatus(
  call: Call,
  body: StatusBody,
  answer: { readonly status?: number; readonly retryAfterMs?: number } = {},
): KubeError {
  const status = answer.status ?? body.code ?? 500
  const seconds = body.details?.retryAfterSeconds
  const retryAfterMs = answer.retryAfterMs ?? (seconds ? seconds * 1000 : undefined)
  const name = describeCall(call)
  const said = body.message ? `: ${body.message}` : ''
  const code = codeOf(status, body.reason)
  return new KubeError(code, `${name}: ${status}${said}${remedyOf(code, call)}`, {
    call: name,
    status,
    ...(body.reason === undefined ? {} : { reason: body.reason }),
    ...(body.details?.causes === undefined ? {} : { causes: body.details.causes }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  })
}

function parseStatus(body: string): StatusBody | undefined {
  try {
    const parsed: unknown = JSON.parse(body)
    return typeof parsed === 'object' && parsed !== null ? (parsed as StatusBody) : undefined
  } catch {
    return undefined
  }
}

function codeOf(status: number, reason: string | undefined): KubeErrorCode {
  if (reason === 'Expired' || reason === 'Gone' || status === 410) return 'NM_KUBE_EXPIRED'
  if (status === 401) return 'NM_KUBE_UNAUTHORIZED'
  if (status === 403) return 'NM_KUBE_FORBIDDEN'
  if (status === 404) return 'NM_KUBE_NOT_FOUND'
  if (status === 409) return reason === 'AlreadyExists' ? 'NM_KUBE_EXISTS' : 'NM_KUBE_CONFLICT'
  if (status === 429) return 'NM_KUBE_THROTTLED'
  if (status === 504 || status === 408) return 'NM_KUBE_TIMEOUT'
  if (status >= 500) return 'NM_KUBE_UNAVAILABLE'
  return status >= 400 ? 'NM_KUBE_INVALID' : 'NM_KUBE_ANSWER'
}

function remedyOf(code: KubeErrorCode, call: Call): string {
  switch (code) {
    case 'NM_KUBE_FORBIDDEN':
      return `; if RBAC refused it, grant ${permissionOf(call)} to this user or ServiceAccount`
    case 'NM_KUBE_UNAUTHORIZED':
      return '; the token or client certificate was refused: log in again, or check the ServiceAccount and its token'
    case 'NM_KUBE_NOT_FOUND':
      return call.name === undefined || call.verb === 'create'
        ? `; the server may not serve ${call.resource.plural}.${call.resource.group || 'core'}/${call.resource.version}: is its CRD installed?`
        : ''
    case 'NM_KUBE_EXPIRED':
      return '; the server no longer has this version: list again'
    case 'NM_KUBE_ANSWER':
      return '; this is not how a Kubernetes API server answers: check the server address and any proxy before it'
    default:
      return ''
  }
}

const remedies: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: check the address, and whether the API server runs',
  ENOTFOUND: 'the name does not resolve: check the address and DNS',
  EAI_AGAIN: 'DNS does not answer: check the resolver of this host or pod',
  EHOSTUNREACH: 'there is no route to it: check the network of this host',
  ENETUNREACH: 'there is no route to it: check the network of this host',
  ETIMEDOUT: 'it does not answer: check firewalls and the address',
  ECONNRESET: 'the connection was cut: the server, or a proxy before it, restarted',
  EPIPE: 'the connection was cut: the server, or a proxy before it, restarted',
  EPROTO: 'no TLS is spoken there: is it an http address?',
  ERR_SSL_WRONG_VERSION_NUMBER: 'no TLS is spoken there: is it an http address?',
  CERT_HAS_EXPIRED: 'the server certificate has expired: renew it, or check the clock of this machine',
  CERT_NOT_YET_VALID: 'the server certificate is not valid yet: check the clock of this machine',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the server certificate is for another name: check the address, or set tls-server-name',
}

const distrusted = 'its certificate is not signed by the configured CA: check certificate-authority in the kubeconfig'
const tlsCodes =
  /^(CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|SELF_SIGNED_CERT|DEPTH_ZERO_|UNABLE_TO_(?:GET|VERIFY)_|HOSTNAME_MISMATCH|EPROTO)/

/** The error for an exchange that broke before its answer was whole. `cause` is Node's error. */
export function errorFromFailure(call: Call, server: string, cause: unknown): KubeError {
  if (cause instanceof KubeError) return cause
  const name = describeCall(call)
  const nodeCode = codeOfCause(cause)
  const tls = tlsCodes.test(nodeCode)
  const remedy = remedies[nodeCode] ?? (tls ? distrusted : '')
  const said = cause instanceof Error ? cause.message || nodeCode : String(cause)
  const text = `${name}: no answer from ${server}: ${said}${remedy ? `; ${remedy}` : ''}`
  return new KubeError(tls ? 'NM_KUBE_TLS' : 'NM_KUBE_NETWORK', text, { call: name, cause })
}

/** Node's error code; a failed dual-stack connect is an AggregateError whose code is the first attempt's. */
export function codeOfCause(cause: unknown): string {
  const code = typeof cause === 'object' && cause !== null ? (cause as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : ''
}
