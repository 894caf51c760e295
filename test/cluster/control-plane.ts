/**
 * A real control plane on loopback: etcd and kube-apiserver, and on request kube-controller-manager and kube-scheduler.
 * Every instance has its own ports, its own folder in memory, its own certificates and tokens, so many can run at once.
 */

import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeKubeconfig } from './kubeconfig.ts'
import { freePorts } from './process/ports.ts'
import { ProcessGroup, type Running, waitFor } from './process/processes.ts'
import * as programs from './programs.ts'
import { connectRest, type Rest } from './rest.ts'
import type { ToolName } from './tool-list.ts'
import { ensureTools, type ToolPaths } from './tools.ts'

/** The user of a token. */
export interface Identity {
  readonly user: string
  readonly groups: readonly string[]
}

export interface ControlPlaneOptions {
  /** Starts kube-controller-manager: service accounts, owners, disruption budgets, node life cycle, garbage. */
  readonly controllerManager?: boolean
  /** Starts kube-scheduler. */
  readonly scheduler?: boolean
  /** Silence after which a node is not ready, milliseconds; default 20,000. */
  readonly nodeMonitorGraceMs?: number
  /** Further identities, by the name under which their token is handed out. `admin` is always there. */
  readonly identities?: Readonly<Record<string, Identity>>
  /** A folder whose data is there at the next start, too; a folder in memory that goes, when absent. */
  readonly keepIn?: string
  /** Most that etcd stores, bytes; its own default, 2 GiB, when absent. */
  readonly quotaBytes?: number
  /** Receives a line for each slow step, such as a first build. */
  readonly log?: (line: string) => void
}

export interface ControlPlane {
  readonly url: string
  readonly caFile: string
  /** Folder of this instance: logs, kubeconfigs, data. Gone after `stop()`. */
  readonly folder: string
  readonly tokens: Readonly<Record<string, string>>
  readonly tools: ToolPaths
  /** Calls as `admin`, below every client under test. */
  readonly admin: Rest
  /** For programs that belong to this cluster: they end with it. */
  readonly processes: ProcessGroup
  readonly apiServer: Outage
  /** Path of a kubeconfig for the identity of that name. */
  kubeconfig(identity: string): string
  stop(): Promise<void>
}

/** Stops the API server and starts it again, on the same port with the same data and certificates. */
interface Outage {
  /** Kills it with SIGKILL; from now on connections are refused. */
  refuse(): Promise<void>
  /** Starts it again and waits until it is ready. */
  restore(): Promise<void>
  /** Sends SIGSTOP: connections stay open and nothing answers. */
  freeze(): void
  thaw(): void
}

/** A slow or busy machine; the usual time to ready is 3 s. */
const READY_TIMEOUT_MS = 60_000
/** For etcd to close a file of some gigabytes. */
const KEEP_GRACE_MS = 20_000
const FOLDER_PREFIX = 'nodemend-cluster-'
/** Programs that were just killed may still write for a moment. */
const REMOVE = { recursive: true, force: true, maxRetries: 5, retryDelay: 100 } as const
const ADMIN: Identity = { user: 'nodemend-test-admin', groups: ['system:masters'] }

/** Starts a control plane and resolves when it answers. Rejects when the tools cannot be had, see {@link ensureTools}. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const tools = await requireTools(options)
  const memory = memoryFolder()
  sweep(memory)
  const { keepIn } = options
  const folder = keepIn ?? mkdtempSync(join(memory, `${FOLDER_PREFIX}${process.pid}-`))
  mkdirSync(folder, { recursive: true })
  const processes = new ProcessGroup(folder, keepIn === undefined ? () => rmSync(folder, REMOVE) : () => undefined)
  try {
    return await assemble(options, tools, folder, processes)
  } catch (error) {
    await processes.stop(0)
    throw error
  }
}

async function assemble(
  options: ControlPlaneOptions,
  tools: ToolPaths,
  folder: string,
  processes: ProcessGroup,
): Promise<ControlPlane> {
  const [securePort = 0, etcdPort = 0, peerPort = 0] = await freePorts(3)
  const site: programs.Site = { tools, folder, securePort, etcdPort, peerPort }
  const identities: Readonly<Record<string, Identity>> = { ...options.identities, admin: ADMIN }
  const tokens = writeSecrets(site, identities)
  const url = `https://127.0.0.1:${securePort}`
  const caFile = programs.caFile(site)
  const kubeconfig = (name: string): string => {
    const [identity, token] = [identities[name], tokens[name]]
    if (!identity || !token) throw new Error(`there is no identity ${name} in this cluster`)
    const path = join(folder, `${name}.kubeconfig`)
    writeKubeconfig(path, { url, caFile, token, user: identity.user })
    return path
  }

  processes.start(programs.etcd(site, options.quotaBytes))
  const startApiServer = async (): Promise<Running> => {
    const running = processes.start(programs.apiServer(site, options.controllerManager ?? false))
    await waitFor(running, () => isReady(url, caFile, tokens.admin ?? ''), READY_TIMEOUT_MS)
    return running
  }
  let running = await startApiServer()
  const admin = connectRest(url, caFile, tokens.admin ?? '')
  if (options.controllerManager) {
    processes.start(programs.controllerManager(site, kubeconfig('admin'), options.nodeMonitorGraceMs ?? 20_000))
  }
  if (options.scheduler) processes.start(programs.scheduler(site, kubeconfig('admin')))

  return {
    url,
    caFile,
    folder,
    tokens,
    tools,
    admin,
    processes,
    kubeconfig,
    apiServer: {
      refuse: () => processes.end(running, 0),
      restore: async () => {
        running = await startApiServer()
      },
      freeze: () => void running.signal('SIGSTOP'),
      thaw: () => void running.signal('SIGCONT'),
    },
    stop: async () => {
      admin.close()
      // Without grace, because kube-apiserver would drain for a minute; etcd closes its file where it is kept.
      await processes.stop(options.keepIn === undefined ? 0 : KEEP_GRACE_MS)
    },
  }
}

async function requireTools(options: ControlPlaneOptions): Promise<ToolPaths> {
  const names: ToolName[] = ['etcd', 'kube-apiserver']
  if (options.controllerManager) names.push('kube-controller-manager')
  if (options.scheduler) names.push('kube-scheduler')
  const tools = await ensureTools(names, options.log === undefined ? {} : { log: options.log })
  if (!tools.available) throw new Error(`NM_CLUSTER_TOOLS: ${tools.why}`)
  return tools.paths
}

/** A folder in memory where the system has one, so that etcd's writes cost no disk. */
function memoryFolder(): string {
  try {
    accessSync('/dev/shm', constants.W_OK)
    return '/dev/shm'
  } catch {
    return tmpdir()
  }
}

/** Removes the folders of killed runs, which hold memory; the name carries the run's process id. */
function sweep(memory: string): void {
  for (const name of readdirSync(memory)) {
    if (!name.startsWith(FOLDER_PREFIX)) continue
    const owner = Number.parseInt(name.slice(FOLDER_PREFIX.length), 10)
    if (!isAlive(owner)) rmSync(join(memory, name), REMOVE)
  }
}

/** Whether a process of that id is there. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function writeSecrets(site: programs.Site, identities: Readonly<Record<string, Identity>>): Record<string, string> {
  mkdirSync(programs.certificates(site), { recursive: true })
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  writeFileSync(programs.serviceAccountKey(site), privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 })
  const tokens = Object.fromEntries(Object.keys(identities).map((name) => [name, randomBytes(24).toString('hex')]))
  const lines = Object.entries(identities).map(
    ([name, { user, groups }]) => `${tokens[name]},${user},${user},"${groups.join(',')}"`,
  )
  writeFileSync(programs.tokenFile(site), `${lines.join('\n')}\n`, { mode: 0o600 })
  return tokens
}

/** Ready includes the namespace `default`, which the server creates a moment after /readyz answers 200. */
async function isReady(url: string, caFile: string, token: string): Promise<boolean> {
  if (!existsSync(caFile)) return false
  const rest = connectRest(url, caFile, token)
  try {
    for (const path of ['/readyz', '/api/v1/namespaces/default']) {
      if ((await rest.send({ method: 'GET', path })).status !== 200) return false
    }
    return true
  } catch {
    return false
  } finally {
    rest.close()
  }
}
