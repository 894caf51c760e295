/** `nodemend eks` by its front door, on a stand-in that holds every call against the SDK's shapes. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { AddonInfo } from '@aws-sdk/client-eks'
import { run } from '../../src/cli/run.ts'
import { testIo } from '../cli/io.ts'
import { checkGolden } from '../golden.ts'
import { type EksStandIn, startEks } from './eks-stand-in.ts'
import { withIdentity } from './identity.ts'

const agent = 'eks-node-monitoring-agent'

function version(addonVersion: string, clusterVersion: string, defaultVersion: boolean): AddonInfo {
  return {
    addonName: agent,
    addonVersions: [{ addonVersion, compatibilities: [{ clusterVersion, defaultVersion }] }],
  }
}

const versions = [
  version('v1.9.2-eksbuild.1', '1.34', true),
  version('v1.10.0-eksbuild.2', '1.34', false),
  version('v1.11.0-eksbuild.1', '1.35', true),
]

async function given(t: { after(run: () => Promise<void>): void }) {
  const eks = await startEks({
    kubernetes: '1.34',
    versions,
    addons: [],
    nodegroups: [{ nodegroupName: 'gpu' }, { nodegroupName: 'web', nodeRepairConfig: { enabled: true } }],
  })
  t.after(() => eks.stop())
  return eks
}

/** `nodemend eks …` against the stand-in; its exit code with what it printed. */
async function nodemend(eks: EksStandIn, ...args: readonly string[]) {
  const [command = '', ...more] = args
  const io = testIo()
  const code = await run(['eks', command, 'prod', ...more, '--endpoint-url', eks.endpoint], io)
  return { code, ...io.printed }
}

/** Requests that change something. */
const writes = ({ requests }: EksStandIn) => requests.filter((one) => !/^(Describe|List)/.test(one))

describe('nodemend eks', () => {
  withIdentity()

  test('recommend: the version that EKS marks as default for the cluster’s Kubernetes version, over all pages', async (t) => {
    const eks = await given(t)
    const { code, out } = await nodemend(eks, 'recommend', '-o', 'json')
    assert.equal(code, 0)
    const expected = {
      addon: agent,
      kubernetes: '1.34',
      recommended: 'v1.9.2-eksbuild.1',
      newest: 'v1.10.0-eksbuild.2',
    }
    assert.deepEqual(JSON.parse(out), expected)
    assert.deepEqual(eks.problems, [])
  })

  test('recommend: an add-on without a fitting version is NM_EKS_ADDON', async (t) => {
    const { code, err } = await nodemend(await given(t), 'recommend', '--addon', 'other')
    assert.equal(code, 2)
    assert.match(err, /no version of add-on other fits Kubernetes 1\.34 of prod; .+ \(NM_EKS_ADDON\)/)
  })

  test('install: creates the add-on once, and says which pods to look at', async (t) => {
    const eks = await given(t)
    const first = await nodemend(eks, 'install')
    assert.equal(first.code, 0, first.err)
    assert.match(first.out, /kubectl get pods -n kube-system -l app\.kubernetes\.io\/instance=/)
    const again = await nodemend(eks, 'install')
    assert.equal(again.code, 2)
    assert.match(
      again.err,
      /prod has eks-node-monitoring-agent .+ already \(CREATING\); aws eks update-addon .+ \(NM_EKS_PRESENT\)/,
    )
    assert.deepEqual(writes(eks), [
      `CreateAddon {"clusterName":"prod","addonName":"${agent}","addonVersion":"v1.9.2-eksbuild.1"}`,
    ])
    assert.deepEqual(eks.problems, [])
  })

  test('install: a version that is given is installed without asking for a better one', async (t) => {
    const eks = await given(t)
    await nodemend(eks, 'install', '--addon-version', 'v1.8.0-eksbuild.1')
    assert.match(writes(eks).join(), /"addonVersion":"v1\.8\.0-eksbuild\.1"/)
    assert.ok(!eks.requests.some((one) => one.startsWith('DescribeAddonVersions')))
  })

  test('enable-repair: every group, with thresholds and overrides in EKS’s structure', async (t) => {
    const eks = await given(t)
    const flags = ['--max-unhealthy', '10%', '--max-parallel', '3']
    const rule = 'AcceleratedHardwareReady/NvidiaXID64Error=Replace@5m'
    const { code, out, err } = await nodemend(eks, 'enable-repair', '--all', ...flags, '--override', rule)
    assert.equal(code, 0, err)
    assert.match(out, /^gpu: on; stops above 10 % unhealthy; 3 at a time; NvidiaXID64Error Replace after 5m\nweb: on;/)
    const nodeRepairConfig = {
      enabled: true,
      maxUnhealthyNodeThresholdPercentage: 10,
      maxParallelNodesRepairedCount: 3,
      nodeRepairConfigOverrides: [
        {
          nodeMonitoringCondition: 'AcceleratedHardwareReady',
          nodeUnhealthyReason: 'NvidiaXID64Error',
          minRepairWaitTimeMins: 5,
          repairAction: 'Replace',
        },
      ],
    }
    assert.deepEqual(
      writes(eks),
      ['gpu', 'web'].map(
        (nodegroupName) =>
          `UpdateNodegroupConfig ${JSON.stringify({ clusterName: 'prod', nodegroupName, nodeRepairConfig })}`,
      ),
    )
    assert.deepEqual(eks.problems, [])
  })

  test('enable-repair: a group that does not exist, none, or both are NM_EKS_NODEGROUP, and nothing is sent', async (t) => {
    const eks = await given(t)
    for (const args of [['gpu', 'gqu'], [], ['gpu', '--all']]) {
      const { code, err } = await nodemend(eks, 'enable-repair', ...args)
      assert.equal(code, 2)
      assert.match(err, /\(NM_EKS_NODEGROUP\)/)
    }
    assert.match((await nodemend(eks, 'enable-repair', 'gqu')).err, /no managed node group gqu; they are gpu, web/)
    assert.deepEqual(writes(eks), [])
  })

  test('--dry-run prints the aws command that does the same, and sends nothing', async (t) => {
    const eks = await given(t)
    const region = ['--dry-run', '--region', 'eu-west-1']
    const flags = ['--max-unhealthy', '2', '--max-parallel', '50%', '--override', 'StorageReady/IODelays=NoAction@1h']
    const printed = [
      await nodemend(eks, 'install', ...region),
      await nodemend(eks, 'enable-repair', 'gpu', ...region),
      await nodemend(eks, 'enable-repair', '--all', ...flags, '--dry-run'),
    ]
    assert.deepEqual(writes(eks), [])
    assert.deepEqual(eks.problems, [])
    checkGolden('eks/dry-run.sh', printed.map(({ out }) => out).join(''))
  })

  test('what the API refuses is NM_EKS_API, with what was asked for and what helps', async (t) => {
    const eks = await given(t)
    eks.refuse('DescribeCluster', { status: 404, name: 'ResourceNotFoundException', message: 'No cluster found' })
    assert.match((await nodemend(eks, 'recommend')).err, /EKS, cluster prod: No cluster found \(NM_EKS_API\)/)
    eks.refuse('CreateAddon', { status: 403, name: 'AccessDeniedException', message: 'not allowed' })
    const denied = await nodemend(eks, 'install')
    assert.equal(denied.code, 2)
    assert.match(denied.err, /not allowed; the identity of aws sts get-caller-identity needs this right \(NM_EKS_API\)/)
  })

  test('status: the side of EKS is shown also where the nodes cannot be looked at', async (t) => {
    const eks = await given(t)
    const { code, out, err } = await nodemend(eks, 'status', '--kubeconfig', '/nonexistent/kubeconfig', '-o', 'json')
    assert.equal(code, 0, err)
    const { kubernetes, addon, nodegroups, remarks } = JSON.parse(out)
    assert.deepEqual([kubernetes, addon], ['1.34', null])
    assert.deepEqual(nodegroups, [
      { name: 'gpu', repair: 'off', nodes: null },
      { name: 'web', repair: 'on; stops above 20 % (of more than 5 nodes) unhealthy', nodes: null },
    ])
    assert.match(remarks.join('\n'), /the nodes were not looked at: .*\/nonexistent\/kubeconfig/)
    assert.match(remarks.join('\n'), /without a monitoring agent EKS repairs nodes that are not Ready, and no others/)
    assert.deepEqual(eks.problems, [])
  })
})
