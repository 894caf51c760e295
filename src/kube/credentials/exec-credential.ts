/** Credentials from an exec plugin (client.authentication.k8s.io), kept until they expire or the server refuses them. */
import { execFile } from 'node:child_process'
import type { Clock } from '../../telemetry/clock.ts'
import type { ClientCertificate } from '../connection.ts'
import { badConfig, type ExecSpec, fromFile, type Place } from './kubeconfig-file.ts'

export interface Credential {
  readonly token?: string
  readonly clientCert?: ClientCertificate
}

export interface ExecOptions {
  readonly spec: ExecSpec
  readonly place: Place
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** The cluster that provideClusterInfo gives the plugin. */
  readonly cluster: object
}

export interface ExecCredentials {
  /** The kept credential, or a new one. Several callers at once share one run. */
  current(): Promise<Credential>
  /** Drops a credential that the server refused; the next `current` runs the plugin again. */
  forget(): void
}

/** How long before its expiry a credential is renewed, so that it does not expire during a call. */
const earlyMs = 30_000
const runLimitMs = 60_000
const maxOutputBytes = 1024 * 1024

interface ExecAnswer {
  readonly kind?: string
  readonly status?: {
    readonly token?: string
    readonly clientCertificateData?: string
    readonly clientKeyData?: string
    readonly expirationTimestamp?: string
  }
}

/** Runs nothing before the first `current`. Failures are KubeError `NM_KUBE_CONFIG` that name the program, its stderr and the install hint. */
export function execCredentials(options: ExecOptions): ExecCredentials {
  let kept: { readonly credential: Credential; readonly expiresAt: number } | undefined
  let running: Promise<Credential> | undefined

  const renew = async (): Promise<Credential> => {
    try {
      const { status = {} } = await runProgram(options)
      const credential = credentialOf(options, status)
      const stamp = Date.parse(status.expirationTimestamp ?? '')
      kept = { credential, expiresAt: Number.isNaN(stamp) ? Number.POSITIVE_INFINITY : stamp - earlyMs }
      return credential
    } finally {
      running = undefined
    }
  }
  return {
    current() {
      if (kept && options.clock.now() < kept.expiresAt) return Promise.resolve(kept.credential)
      running ??= renew()
      return running
    },
    forget() {
      kept = undefined
    },
  }
}

function credentialOf(options: ExecOptions, status: NonNullable<ExecAnswer['status']>): Credential {
  const { token, clientCertificateData: cert, clientKeyData: key } = status
  const pair = cert && key ? { clientCert: { cert, key } } : {}
  if (!token && !pair.clientCert) throw failed(options, 'answered neither a token nor a certificate with its key')
  return { ...(token ? { token } : {}), ...pair }
}

function runProgram(options: ExecOptions): Promise<ExecAnswer> {
  const { spec, place, env, cluster } = options
  const apiVersion = spec.apiVersion ?? 'client.authentication.k8s.io/v1'
  const info = {
    apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(spec.provideClusterInfo ? { cluster } : {}) },
  }
  const own = Object.fromEntries((spec.env ?? []).map(({ name, value }) => [name, value]))
  // A bare name is searched in PATH; one with a slash is relative to the kubeconfig.
  const given = spec.command ?? ''
  const command = given.includes('/') ? fromFile(place, given) : given
  return new Promise((resolve, reject) => {
    const child = execFile(
      command,
      [...(spec.args ?? [])],
      {
        env: { ...env, ...own, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
        timeout: runLimitMs,
        maxBuffer: maxOutputBytes,
      },
      (error, stdout, stderr) => {
        if (error) {
          const hint =
            (error as { code?: unknown }).code === 'ENOENT' && spec.installHint ? `; ${spec.installHint}` : ''
          reject(failed(options, `failed: ${(stderr || error.message).trim().slice(0, 500)}${hint}`, error))
          return
        }
        try {
          resolve(JSON.parse(stdout) as ExecAnswer) // its fields are checked by credentialOf
        } catch (cause) {
          reject(failed(options, 'did not print an ExecCredential as JSON', cause))
        }
      },
    )
    child.stdin?.end()
  })
}

function failed(options: ExecOptions, text: string, cause?: unknown): Error {
  const { spec, place } = options
  const line = [spec.command, ...(spec.args ?? [])].join(' ')
  return badConfig(place, `the credential program "${line}" ${text}; run it by hand to see why`, cause)
}
