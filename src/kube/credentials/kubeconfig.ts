/** Makes a {@link ConnectionConfig} from a kubeconfig, for programs outside a cluster. */
import { join } from 'node:path'
import { type Clock, systemClock } from '../../telemetry/clock.ts'
import type { ClientCertificate, ConnectionConfig } from '../connection.ts'
import { KubeError } from '../errors.ts'
import {
  badConfig,
  type Cluster,
  type Entry,
  fromFile,
  type Kubeconfig,
  type ReadFile,
  readKubeconfigs,
  type User,
} from './kubeconfig-file.ts'

export interface KubeconfigOptions {
  /** One file; else the files of `KUBECONFIG`, else `~/.kube/config`. */
  readonly path?: string
  /** Else the file's current-context. */
  readonly context?: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly readFile: ReadFile
  /** For the expiry of credentials. */
  readonly clock?: Clock
}

/** A connection and the namespace that its context names. */
export interface KubeconfigConnection extends ConnectionConfig {
  readonly namespace?: string
}

/**
 * Reads the kubeconfig and prepares, but does not fetch, credentials: token, token file (read again for each call),
 * client certificate, exec plugin (run when needed, again when its credential expires or a 401 refuses it), and OIDC
 * through `@kubernetes/client-node` where that is installed. Throws KubeError `NM_KUBE_CONFIG` naming file, line, remedy.
 */
export async function loadKubeconfig(options: KubeconfigOptions): Promise<KubeconfigConnection> {
  const config = await readKubeconfigs(pathsOf(options), options.readFile)
  const contextName = options.context ?? config.currentContext
  const where = config.paths.join(', ')
  if (contextName === undefined) throw configError(`${where}: no current-context is set; choose one with --context`)
  const context = find(config.contexts, contextName, 'context', where)
  const cluster = find(
    config.clusters,
    context.value.cluster ?? '',
    'cluster',
    `${context.place.path}:${context.place.line}`,
  )
  const userName = context.value.user
  const user = userName
    ? find(config.users, userName, 'user', `${context.place.path}:${context.place.line}`)
    : undefined
  return {
    ...(await serverPart(cluster, options.readFile)),
    ...(user ? await userPart(user, cluster, config, contextName, options) : {}),
    ...(context.value.namespace === undefined ? {} : { namespace: context.value.namespace }),
  }
}

function pathsOf({ path, env }: KubeconfigOptions): readonly string[] {
  if (path !== undefined) return [path]
  const listed = (env.KUBECONFIG ?? '').split(':').filter((one) => one !== '')
  return listed.length > 0 ? listed : [join(env.HOME ?? '', '.kube', 'config')]
}

async function serverPart(
  { value, place, name }: Entry<Cluster>,
  readFile: ReadFile,
): Promise<Pick<ConnectionConfig, 'server' | 'ca' | 'serverName' | 'insecureSkipTlsVerify'>> {
  if (!value.server) throw badConfig(place, `cluster "${name}" has no server; write server: https://HOST:PORT`)
  if (value['proxy-url']) {
    throw badConfig(
      place,
      `cluster "${name}" needs proxy-url, which nodemend does not speak; use kubectl proxy instead`,
    )
  }
  const ca = await pem(place, value['certificate-authority-data'], value['certificate-authority'], readFile)
  const serverName = value['tls-server-name']
  return {
    server: value.server,
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(value['insecure-skip-tls-verify'] ? { insecureSkipTlsVerify: true } : {}),
  }
}

type Credentials = Pick<ConnectionConfig, 'token' | 'clientCert' | 'refresh' | 'headers'>

async function userPart(
  user: Entry<User>,
  cluster: Entry<Cluster>,
  config: Kubeconfig,
  context: string,
  options: KubeconfigOptions,
): Promise<Credentials> {
  const { value, place } = user
  const headers: Credentials = value.as === undefined ? {} : { headers: { 'impersonate-user': value.as } }
  if (value.exec) return { ...headers, ...(await execPart(user, value.exec, cluster, options)) }
  if (value['auth-provider']) return { ...headers, ...(await providerPart(user, config, context)) }
  const certificate = await certificatePart(user, options.readFile)
  const { token, tokenFile, username, password } = value
  if (tokenFile !== undefined) {
    const path = fromFile(place, tokenFile)
    return { ...headers, ...certificate, token: () => readToken(user, path, options.readFile) }
  }
  if (token !== undefined) return { ...headers, ...certificate, token }
  if (username !== undefined) {
    const basic = `Basic ${Buffer.from(`${username}:${password ?? ''}`).toString('base64')}`
    return { ...certificate, headers: { ...headers.headers, authorization: basic } }
  }
  return { ...headers, ...certificate }
}

async function readToken({ name, place }: Entry<User>, path: string, readFile: ReadFile): Promise<string> {
  try {
    return String(await readFile(path)).trim()
  } catch (cause) {
    throw badConfig(place, `the token file ${path} of user "${name}" cannot be read`, cause)
  }
}

async function certificatePart({ name, value, place }: Entry<User>, readFile: ReadFile): Promise<Credentials> {
  const cert = await pem(place, value['client-certificate-data'], value['client-certificate'], readFile)
  const key = await pem(place, value['client-key-data'], value['client-key'], readFile)
  if (cert === undefined && key === undefined) return {}
  if (cert !== undefined && key !== undefined) return { clientCert: { cert, key } }
  throw badConfig(place, `user "${name}" needs client-certificate and client-key together`)
}

/** Loads the exec plugin's code late, because it brings `child_process`, which the agent otherwise never needs. */
async function execPart(
  { name, place }: Entry<User>,
  spec: NonNullable<User['exec']>,
  cluster: Entry<Cluster>,
  { env, clock = systemClock }: KubeconfigOptions,
): Promise<Credentials> {
  if (!spec.command) throw badConfig(place, `user "${name}" has an exec section without command`)
  const { server, 'certificate-authority-data': ca } = cluster.value
  const info = { server, ...(ca === undefined ? {} : { 'certificate-authority-data': ca }) }
  const { execCredentials } = await import('./exec-credential.ts')
  const credentials = execCredentials({ spec, place, env, clock, cluster: info })
  return {
    token: async () => (await credentials.current()).token,
    clientCert: async (): Promise<ClientCertificate | undefined> => (await credentials.current()).clientCert,
    refresh: () => credentials.forget(),
  }
}

/** The removed in-tree providers (oidc and others) go through client-node, which knows how to refresh their tokens. */
async function providerPart(
  { name, place, value }: Entry<User>,
  config: Kubeconfig,
  context: string,
): Promise<Credentials> {
  const provider = value['auth-provider']?.name ?? ''
  let library: typeof import('@kubernetes/client-node')
  try {
    library = await import('@kubernetes/client-node')
  } catch (cause) {
    const text = `user "${name}" logs in through the auth provider "${provider}"; install it: npm install @kubernetes/client-node`
    throw badConfig(place, `${text}, or use an exec plugin such as kubectl oidc-login`, cause)
  }
  const theirs = new library.KubeConfig()
  for (const path of config.paths) {
    const one = new library.KubeConfig()
    one.loadFromFile(path)
    theirs.mergeConfig(one, true)
  }
  theirs.setCurrentContext(context)
  return {
    async token() {
      const request: { headers: Record<string, string> } = { headers: {} }
      await theirs.applyToHTTPSOptions(request)
      return /^Bearer (.*)$/.exec(request.headers.Authorization ?? '')?.[1]
    },
  }
}

async function pem(
  place: Entry<unknown>['place'],
  data: string | undefined,
  path: string | undefined,
  readFile: ReadFile,
): Promise<string | Buffer | undefined> {
  if (data) return Buffer.from(data, 'base64')
  if (!path) return undefined
  const full = fromFile(place, path)
  try {
    return await readFile(full)
  } catch (cause) {
    throw badConfig(place, `${full} cannot be read; check the path and its permissions`, cause)
  }
}

function find<T>(entries: readonly Entry<T>[], name: string, kind: string, where: string): Entry<T> {
  const found = entries.find((entry) => entry.name === name)
  if (found) return found
  const known = entries.map((entry) => entry.name).join(', ') || 'none'
  throw configError(`${where}: there is no ${kind} "${name}"; known: ${known}`)
}

function configError(text: string): KubeError {
  return new KubeError('NM_KUBE_CONFIG', text, { call: 'connect' })
}
