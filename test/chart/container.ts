/**
 * The agent in a container with exactly the rights that the chart gives it, by runc: capabilities, read-only root, the host's file
 * system at /host. Beside it a journald of its own, in a mount namespace, so that this machine's journal stays as it is.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import type { TestContext } from 'node:test'

/** Of the DaemonSet, as far as runc is told. */
export interface SecurityContext {
  readonly privileged?: boolean
  readonly allowPrivilegeEscalation?: boolean
  readonly readOnlyRootFilesystem: boolean
  readonly runAsUser: number
  readonly capabilities?: { readonly add?: readonly string[] }
}

export interface Container {
  /** Lines of the agent's log so far. */
  readonly log: readonly string[]
}

const journald = '/lib/systemd/systemd-journald'
const repository = join(import.meta.dirname, '..', '..')

export interface Machine {
  /** journald runs. */
  readonly journal?: boolean
  /** A device plugin grants /dev/kmsg to the container. */
  readonly device?: boolean
}

/** Why there can be no such container on this machine; undefined where there can. */
export function noContainers(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root starts containers'
  const folders = (process.env.PATH ?? '').split(delimiter)
  const missing = ['runc', 'unshare', 'journalctl'].find((name) => !folders.some((one) => existsSync(join(one, name))))
  if (missing !== undefined || !existsSync(journald)) return `there is no ${missing ?? journald}`
  return undefined
}

/** Starts it; it ends with the test. */
export function startContainer(t: TestContext, security: SecurityContext, machine: Machine): Container {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-container-'))
  const rootfs = join(folder, 'rootfs')
  for (const name of ['', 'host', 'proc', 'dev', 'app', 'node', ...system])
    mkdirSync(join(rootfs, name), { recursive: true })
  mkdirSync(join(folder, 'state'))
  writeFileSync(join(folder, 'config.json'), JSON.stringify(specification(folder, security, machine)))
  const name = `nodemend-test-${process.pid}-${folder.slice(-6)}`
  const child = spawn(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', script(folder, name, machine.journal ?? false)],
    {
      detached: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const ended = new Promise((resolve) => child.once('close', resolve))
  t.after(async () => {
    end(child)
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  const log: string[] = []
  let rest = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    log.push(...lines)
  })
  return { log }
}

/** The script ends the container, which is in no group of ours. */
function end({ pid, exitCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null) process.kill(-pid, 'SIGTERM')
}

const system = ['usr', 'lib', 'lib64', 'bin', 'sbin']

function script(folder: string, name: string, withJournal: boolean): string {
  return `
    journald=
    finish() { trap - TERM EXIT; runc delete --force ${name} >/dev/null 2>&1; [ -z "$journald" ] || kill $journald 2>/dev/null; wait; exit; }
    trap finish TERM EXIT
    mount -t tmpfs none /run
    mount -t tmpfs none /var/log/journal 2>/dev/null
    mkdir -p /run/systemd/journald.conf.d /run/systemd/journal
    printf '[Journal]\\nAudit=no\\nStorage=volatile\\n' > /run/systemd/journald.conf.d/test.conf
    if ${withJournal}; then
      mkdir -p /run/log/journal
      ${journald} >/dev/null 2>&1 &
      journald=$!
      while [ -z "$(ls /run/log/journal)" ]; do sleep 0.1; done
    fi
    runc run --bundle ${folder} ${name} </dev/null &
    wait $!`
}

/** What kubelet passes on for a device plugin that offers /dev/kmsg for reading. */
const kmsgRule = { allow: true, type: 'c', major: 1, minor: 11, access: 'r' }

function specification(folder: string, security: SecurityContext, { device }: Machine): object {
  const capabilities = (security.capabilities?.add ?? []).map((one) => `CAP_${one}`)
  const bind = (source: string, destination: string, ...options: readonly string[]) => {
    return { destination, source, type: 'bind', options: ['rbind', ...options] }
  }
  return {
    ociVersion: '1.0.2',
    root: { path: 'rootfs', readonly: security.readOnlyRootFilesystem },
    process: {
      cwd: '/',
      user: { uid: security.runAsUser, gid: 0 },
      args: [
        join('/node', basename(realpathSync(process.execPath))),
        '/app/dist/agent.cjs',
        '--metrics-address=127.0.0.1:0',
      ],
      env: ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOST_ROOT=/host', 'MY_NODE_NAME=contained'],
      noNewPrivileges: security.allowPrivilegeEscalation === false,
      capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
      ...system.map((name) => bind(`/${name}`, `/${name}`, 'ro')),
      bind(repository, '/app', 'ro'),
      bind(dirname(realpathSync(process.execPath)), '/node', 'ro'),
      bind('/', '/host', 'ro', 'rslave'),
      bind(join(folder, 'state'), '/host/var/lib', 'rw'),
    ],
    linux: {
      namespaces: ['pid', 'ipc', 'uts', 'mount'].map((type) => ({ type })),
      // What every container gets: no device but the usual ones, which runc adds.
      resources: { devices: [{ allow: false, access: 'rwm' }, ...(device ? [kmsgRule] : [])] },
    },
  }
}
