/** States of NVMe controllers: drivers/nvme/host/sysfs.c, `state`. */
import { type Host, textOf } from '../../../host/host.ts'
import type { Look } from '../../probe.ts'

export interface Controller {
  readonly name: string
  readonly state: string
  /** What the drive calls itself. */
  readonly model: string
  readonly serial: string
}

export function readNvme(host: Host): Look<readonly Controller[]> {
  const names = host.list('sys/class/nvme')
  if (names.length === 0) return { absent: 'this machine has no NVMe drive' }
  const textIn = (path: string): string | undefined => textOf(host.read(`sys/class/nvme/${path}`))?.trim()
  return {
    sample: names.flatMap((name): readonly Controller[] => {
      const state = textIn(`${name}/state`) // kernels before 4.10 have none
      const [model, serial] = [textIn(`${name}/model`) ?? '', textIn(`${name}/serial`) ?? '']
      return state === undefined ? [] : [{ name, state, model, serial }]
    }),
  }
}
