/** With the rights of the chart's DaemonSet and no more, the agent hears the kernel through a real journald. */
import assert from 'node:assert/strict'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { eventually } from '../cluster/wait.ts'
import { hasKernelLog, KMSG } from '../e2e/kernel-log.ts'
import { noContainers, type SecurityContext, startContainer } from './container.ts'
import { chartFolder, type Helm, helmFor } from './helm.ts'

interface DaemonSet {
  readonly kind: string
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly { readonly securityContext: SecurityContext }[] }
    }
  }
}

async function rightsOf(helm: Helm): Promise<SecurityContext> {
  const { out } = await helm('template', 'nodemend', chartFolder, '--show-only=templates/agent/daemonset.yaml')
  const [set] = parseAllDocuments(out).map((one) => one.toJS() as DaemonSet) // as rendered
  const security = set?.spec.template.spec.containers[0]?.securityContext
  assert.ok(security)
  return security
}

async function given(t: TestContext): Promise<SecurityContext | undefined> {
  const helm = await helmFor(t)
  if (!helm || !hasKernelLog(t)) return undefined
  const why =
    noContainers() ?? (existsSync(join(chartFolder, '../../dist/agent.cjs')) ? undefined : 'npm run build comes first')
  if (why !== undefined) {
    t.skip(`SKIPPED, NOT TESTED: the agent with the rights of the chart, because ${why}`)
    return undefined
  }
  return rightsOf(helm)
}

test('not privileged: a line of the kernel log becomes a finding, by way of the journal', async (t) => {
  const security = await given(t)
  if (!security) return
  assert.equal(security.privileged, undefined)
  const { log } = startContainer(t, security, { journal: true })
  const said = (text: string | RegExp) => log.find((line) => line.match(text) !== null)
  await eventually('the agent to run', 60_000, async () => said('"msg":"running"'))
  assert.ok(said('the kernel log is read from the journal'), log.join('\n'))
  // The agent logs 64 findings at once and then one a second: a kernel log full of old ones may hide the first of ours.
  const domain = (process.pid & 0xffff).toString(16).padStart(4, '0')
  const devices = Array.from({ length: 8 }, (_, index) => `${domain}:b${index}:00`)
  let asked = 0
  await eventually('the finding', 60_000, async () => {
    const device = asked++ % 100 === 0 ? devices.pop() : undefined
    if (device !== undefined) writeFileSync(KMSG, `<3>NVRM: Xid (PCI:${device}): 31, pid=4242, name=test\n`)
    return said(new RegExp(`"msg":"finding raised".*${domain}:b[0-7]:00`))
  })
  assert.equal(said('cannot be read'), undefined, log.join('\n'))
})

test('not privileged, on a machine without a journal: the agent says why it is blind', async (t) => {
  const security = await given(t)
  if (!security) return
  const { log } = startContainer(t, security, {})
  const line = await eventually('the agent to complain', 60_000, async () =>
    log.find((one) => one.includes('the log cannot be read')),
  )
  assert.match(line, /permission denied; run privileged/)
})

test('not privileged, with the device of a device plugin: the agent reads /dev/kmsg itself', async (t) => {
  const security = await given(t)
  if (!security) return
  const { log } = startContainer(t, security, { journal: true, device: true })
  await eventually('the kernel log to be read', 60_000, async () =>
    log.some((one) => /"KernelReady","status":"True"/.test(one)),
  )
  assert.ok(!log.some((one) => one.includes('from the journal')), log.join('\n'))
})
