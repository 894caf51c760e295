/** Carries one order out, if it is for this boot of this machine and not too late. */
import { bootId } from '../detect/host/boot.ts'
import type { OnNodeOrder, OnNodeResult, OnNodeTask } from '../model/on-node/order.ts'
import { collect } from './collect.ts'
import type { Machine } from './machine.ts'
import { resetGpus } from './reset-gpu.ts'
import { restartService } from './restart-service.ts'

/** Never rejects. */
export async function carryOut(machine: Machine, order: OnNodeOrder): Promise<OnNodeResult> {
  const why = objection(machine, order)
  return why === undefined ? perform(machine, order.task) : { outcome: 'refused', why }
}

function objection({ host, clock }: Machine, order: OnNodeOrder): string | undefined {
  const here = bootId(host)
  if (here !== order.bootId) return `the order is for boot ${order.bootId}, and this is boot ${here}`
  if (clock.now() <= order.notAfter) return undefined
  return `the order was to begin by ${new Date(order.notAfter).toISOString()}, and it is later on this node`
}

function perform(machine: Machine, task: OnNodeTask): Promise<OnNodeResult> {
  switch (task.verb) {
    case 'restart-service':
      return restartService(machine, task.service)
    case 'reset-gpu':
      return resetGpus(machine, task.gpus)
    case 'collect':
      return collect(machine, task.name, machine.evidence)
  }
}
