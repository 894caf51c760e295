/** Headers of what containers write: CRI files, `kubectl logs --prefix`, docker compose; and klog, which only programs write. */
import type { Peeling } from '../frame.ts'

const cri = /^(?:stdout|stderr) (?:[FP](?: |$)|(?=\S))/
const pod = /^\[pod\/([^\]\s]{1,300})\] /
const compose = /^([\w.-]{1,80}-\d{1,4}) {1,20}\| /
const klog = /^[IWEF](\d{4}) (\d\d:\d\d:\d\d\.\d{1,9}) +\d{1,10} ([\w.\-/]{1,120}:\d{1,6})\] /

/** The header at the start of the text, if one stands there. */
export function containerHead(peeling: Peeling): boolean {
  const { text } = peeling
  const program = klog.exec(text)
  if (program) {
    if (peeling.writer !== 'kernel') peeling.byProcess(program[3])
    return peeling.take(program[0].length, 'klog header')
  }
  const stream = peeling.stamped ? cri.exec(text) : null
  if (stream) return of(peeling, stream[0], 'CRI')
  const prefix = pod.exec(text)
  if (prefix) return of(peeling, prefix[0], 'pod and container', prefix[1])
  const service = compose.exec(text)
  return service !== null && of(peeling, service[0], 'container', service[1])
}

function of(peeling: Peeling, head: string, layer: string, name?: string): true {
  peeling.process ??= name
  return peeling.take(head.length, layer)
}
