/** Units' messages in real journal files, read by the real journalctl. */
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { Scan } from '../../src/cli/inspect/scan.ts'
import { recordFired } from '../../src/detect/monitors/testing/fired.ts'
import { needs } from './machine.ts'

const remote = '/lib/systemd/systemd-journal-remote'
const main = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts')
const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim().replaceAll('-', '')

interface Entry {
  readonly unit: string
  readonly text: string
  readonly fields?: Readonly<Record<string, string>>
}
const fromUnit = (unit: string, text: string): Entry => ({ unit, text })
/** A line of systemd itself about a unit. */
const ofSystemd = (about: string, text: string): Entry => ({
  unit: 'init.scope',
  text,
  fields: { _PID: '1', UNIT: about },
})

/** The reasons that `scan` finds where the machine's journal holds these entries, the newest now. */
function reasonsOf(t: TestContext, entries: readonly Entry[]): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), 'nodemend-journal-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'files'))
  const uptimeUsec = Math.floor(Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 1e6)
  const text = entries.map(({ unit, text, fields = {} }, n) => {
    const at = uptimeUsec - (entries.length - n) * 1_000_000
    const all = {
      __REALTIME_TIMESTAMP: String(Math.floor(Date.now() * 1_000) - (entries.length - n) * 1_000_000),
      __MONOTONIC_TIMESTAMP: String(at),
      _BOOT_ID: boot,
      _PID: '812',
      _TRANSPORT: 'journal',
      _SYSTEMD_UNIT: unit,
      ...fields,
      MESSAGE: text,
    }
    return Object.entries(all)
      .map(([name, value]) => `${name}=${value}\n`)
      .join('')
  })
  execFileSync(remote, ['--output', join(folder, 'files', 'system.journal'), '-'], {
    input: `${text.join('\n')}\n`,
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  const prepare = `mount --bind ${folder}/files /var/log/journal && exec "$@"`
  const [program, ...args] = [
    'unshare',
    '--mount',
    'sh',
    '-c',
    prepare,
    'sh',
    process.execPath,
    main,
    'scan',
    '-o',
    'json',
  ]
  const { stdout, stderr } = spawnSync(program ?? '', args, { encoding: 'utf8' })
  assert.ok(stdout, stderr)
  const { findings, monitors } = JSON.parse(stdout) as Scan // our own output
  assert.equal(monitors.find(({ name }) => name === 'services')?.state, 'checked')
  const ofServices = findings.filter(({ trust }) => trust === 'service')
  for (const { reason } of ofServices) recordFired(reason)
  return ofServices.map(({ reason, device = '' }) => `${reason} ${device}`.trim())
}

function canWrite(t: TestContext): boolean {
  if (!needs(t, 'unshare', 'journalctl', 'mount')) return false
  if (existsSync(remote) && existsSync('/var/log/journal')) return true
  t.skip('systemd-journal-remote or /var/log/journal missing')
  t.diagnostic('REAL FAULT NOT TESTED: systemd-journal-remote or /var/log/journal missing')
  return false
}
const times = (count: number, make: (n: number) => Entry): Entry[] =>
  Array.from({ length: count }, (_, n) => make(n + 1))

describe('the journal of this machine', () => {
  it('shows restarts by systemd, crashes and starts that failed, of any unit', (t) => {
    if (!canWrite(t)) return
    const restart = (unit: string) => (n: number) =>
      ofSystemd(`${unit}.service`, `${unit}.service: Scheduled restart job, restart counter is at ${n}.`)
    assert.deepEqual(
      [
        ...reasonsOf(t, [
          ...times(4, restart('kubelet')),
          ...times(3, restart('containerd')),
          ...times(4, restart('log-shipper')),
          ofSystemd('kubelet.service', "kubelet.service: Failed with result 'exit-code'."),
          ofSystemd(
            'nvidia-fabricmanager.service',
            'Failed to start nvidia-fabricmanager.service - FabricManager service.',
          ),
          fromUnit(
            'systemd-journald.service',
            'File /var/log/journal/0a/system.journal corrupted or uncleanly shut down, renaming and replacing.',
          ),
        ]),
      ].sort(),
      [
        'KubeletFailed',
        'KubeletRepeatedRestart',
        'ServiceFailedToStart nvidia-fabricmanager.service',
        'ServiceRepeatedRestart log-shipper',
        'UnexpectedReboot',
      ],
    )
  })

  it('shows the same of kubelet as text and as JSON, of k3s as of kubelet, and of containerd in both of its forms', (t) => {
    if (!canWrite(t)) return
    const lease = (unit: string) => (n: number) =>
      fromUnit(
        unit,
        n % 2 === 0
          ? 'E1124 08:15:20.123456    1234 controller.go:195] "Failed to update lease" err="Put \\"https://10.0.0.1:443/x\\": dial tcp 10.0.0.1:443: i/o timeout"'
          : '{"ts":1764000000123.456,"caller":"leases/controller.go:195","msg":"Failed to update lease","err":"Put \\"https://10.0.0.1:443/x\\": dial tcp 10.0.0.1:443: i/o timeout"}',
      )
    for (const unit of ['kubelet.service', 'k3s-agent.service'])
      assert.deepEqual(reasonsOf(t, times(6, lease(unit))), ['APIServerNotReachable'], unit)
    for (const text of [
      'time="2026-11-24T08:15:20Z" level=fatal msg="failed to load config"',
      '{"level":"fatal","msg":"failed to load config","time":"2026-11-24T08:15:20Z"}',
    ])
      assert.deepEqual(reasonsOf(t, [fromUnit('containerd.service', text)]), ['ContainerRuntimeFailed'], text)
  })

  it('shows pods that do not end, and what systemd says of a process that was killed', (t) => {
    if (!canWrite(t)) return
    const stuck = () =>
      fromUnit(
        'kubelet.service',
        'E1113 07:54:19.636989    2757 pod_workers.go:1301] "Error syncing pod, skipping" err="failed to \\"KillContainer\\" for \\"cart\\" with KillContainerError: \\"rpc error: code = DeadlineExceeded desc = context deadline exceeded\\"" pod="shop/cart-7d9" podUID="7ce7"',
      )
    assert.deepEqual(
      reasonsOf(t, [
        ...times(5, stuck),
        ofSystemd(
          'containerd.service',
          'containerd.service: A process of this unit has been killed by the OOM killer.',
        ),
        ofSystemd('systemd-udevd.service', 'systemd-udevd.service: Watchdog timeout (limit 3min)!'),
      ]).toSorted(),
      ['PodStuckTerminating shop/cart-7d9', 'RuntimeOOMKilled containerd', 'ServiceHung systemd-udevd'],
    )
  })

  it('shows what kubelet says of the runtime, whose fault it is on the node', (t) => {
    if (!canWrite(t)) return
    const sandbox = (what: string) => () =>
      fromUnit(
        'kubelet.service',
        `E1124 08:15:20.123456    1234 log.go:32] "RunPodSandbox from runtime service failed" err="rpc error: code = Unknown desc = ${what}"`,
      )
    const pull = (what: string) => () =>
      fromUnit(
        'kubelet.service',
        `E1124 08:15:20.123456    1234 log.go:32] "PullImage from image service failed" err="rpc error: code = Unknown desc = ${what}" image="x"`,
      )
    assert.deepEqual(
      reasonsOf(t, [
        ...times(5, sandbox('failed to setup network for sandbox "3f": plugin type="bridge" failed (add)')),
        ...times(5, pull('write /var/lib/containerd/data: no space left on device')),
      ]),
      ['PodSandboxFailed', 'ImagePullFailing'],
    )
    assert.deepEqual(
      reasonsOf(t, [
        ...times(9, sandbox('no runtime for "gvisor" is configured')),
        ...times(9, pull('x: not found')),
        ...times(9, pull('401 Unauthorized')),
      ]),
      [],
    )
  })

  it('believes no process that calls itself kubelet or systemd, and no stop that was asked for', (t) => {
    if (!canWrite(t)) return
    assert.deepEqual(
      reasonsOf(t, [
        ...times(9, () => ({
          unit: 'cron.service',
          text: 'kubelet.service: Scheduled restart job, restart counter is at 9.',
          fields: { UNIT: 'kubelet.service', SYSLOG_IDENTIFIER: 'systemd' },
        })),
        ofSystemd('kubelet.service', 'kubelet.service: Deactivated successfully.'),
        ofSystemd('kubelet.service', 'Stopped kubelet.service - Kubernetes Kubelet.'),
      ]),
      [],
    )
  })
})
