import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { lookAt } from '../../testing/look-at.ts'
import { cgroups } from './monitor.ts'

const pids = (path: string, current: number, max: number | 'max') => ({
  [`sys/fs/cgroup/${path}/pids.current`]: `${current}\n`,
  [`sys/fs/cgroup/${path}/pids.max`]: `${max}\n`,
})
const unified = {
  'sys/fs/cgroup/cgroup.controllers': 'cpu memory pids\n',
  'sys/fs/cgroup/cgroup.stat': 'nr_descendants 118\nnr_dying_descendants 41\n',
}
const pod = '0b1c2d3e-1111-2222-3333-444455556666'

describe('cgroups', () => {
  it('sees the pods of a node, one class of them or the runtime near their task limit', async () => {
    for (const [path, name] of [
      ['kubepods.slice', 'kubepods.slice'],
      ['kubepods.slice/kubepods-burstable.slice', 'kubepods-burstable.slice'],
      ['system.slice/containerd.service', 'containerd.service'],
    ] as const) {
      assert.deepEqual((await lookAt(cgroups, { ...unified, ...pids(path, 950, 1_000) })).levels, [
        `over CgroupTasksNearlyExhausted: 950 tasks are 95 % of the limit of the cgroup (1000) on ${name}`,
      ])
    }
    const v1 = await lookAt(cgroups, pids('pids/kubepods/besteffort', 85, 100))
    assert.match(v1.levels[0] ?? '', /^held .* on besteffort$/)
  })

  it('says that a pod is near its own limit, by UID, with either cgroup driver', async () => {
    const text = `over PodTasksNearlyExhausted: 99 tasks are 99 % of the limit of the pod (100) on ${pod}`
    const slice = `kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${pod.replaceAll('-', '_')}.slice`
    assert.deepEqual((await lookAt(cgroups, { ...unified, ...pids(slice, 99, 100) })).levels, [text])
    assert.deepEqual((await lookAt(cgroups, pids(`pids/kubepods/burstable/pod${pod}`, 99, 100))).levels, [text])
  })

  it('is quiet without limits, and where the limits are far', async () => {
    const files = {
      ...unified,
      ...pids('system.slice/kubelet.service', 5_000, 'max'),
      ...pids('kubepods.slice', 9, 99),
    }
    const { levels, gauges } = await lookAt(cgroups, files)
    assert.deepEqual(levels, [])
    assert.ok(gauges.includes('nodemend_cgroups_count 159'), gauges.join('\n'))
  })

  it('counts cgroups that are never freed, with either version', async () => {
    const leak = { ...unified, 'sys/fs/cgroup/cgroup.stat': 'nr_descendants 210\nnr_dying_descendants 58900\n' }
    const text = 'over CgroupsNearlyExhausted: 59110 cgroups are 90.2 % of what the kernel can number (65535)'
    assert.deepEqual((await lookAt(cgroups, leak)).levels, [text])
    const legacy = {
      ...pids('pids', 3, 'max'),
      'proc/cgroups': '#subsys_name\thierarchy\tnum_cgroups\tenabled\nmemory\t4\t59110\t1\n',
    }
    assert.deepEqual((await lookAt(cgroups, legacy)).levels, [text])
  })

  it('is absent where none are mounted', async () => {
    assert.match((await lookAt(cgroups, {})).absent ?? '', /no cgroups/)
  })
})
